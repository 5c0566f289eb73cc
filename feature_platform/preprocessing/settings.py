"""How readings become a frame."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from feature_platform.duration import Duration

RollingStatistic = Literal["mean", "std", "min", "max"]
Scaling = Literal["none", "z", "robust"]
EngineChoice = Literal["auto", "cpu", "gpu"]


class PreprocessingSettings(BaseModel):
    """Regular grid, gap-limited interpolation, trailing rolling statistics, scaling."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: Duration = timedelta(minutes=5)
    max_gap: Duration = timedelta(minutes=30)
    """Nulls between two known grid values at most this far apart are interpolated; longer gaps stay null."""
    rolling_windows: tuple[Duration, ...] = ()
    """Trailing windows, each a whole number of steps; they warm up on readings before the era's start."""
    rolling_statistics: tuple[RollingStatistic, ...] = ("mean", "std", "min", "max")
    scaling: Scaling = "none"
    scaling_eras: tuple[str, ...] = ()
    """Ids of earlier eras that the scaling statistics are fitted on."""
    engine: EngineChoice = "auto"

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        for window in self.rolling_windows:
            if window % self.step:
                raise ValueError(f"rolling window {window} is not a whole number of grid steps of {self.step}")
        if self.scaling != "none" and not self.scaling_eras:
            raise ValueError(
                f"scaling {self.scaling!r} needs scaling_eras: the ids of earlier eras to fit its statistics on"
            )
        return self

    @property
    def warm_up(self) -> timedelta:
        """How far before the era's start readings can still reach into its frame."""
        return max(self.rolling_windows, default=timedelta(0)) + self.max_gap + self.step
