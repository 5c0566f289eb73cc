"""Which features are computed, over which windows, from which columns."""

import hashlib
import json
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from feature_platform.duration import Duration
from feature_platform.features.engines import EngineName

FeatureSetName = Literal["minimal", "efficient", "comprehensive", "custom"]


class WindowSettings(BaseModel):
    """Fixed stretches of a frame, counted from the era's start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    length: Duration = timedelta(days=1)
    step: Duration = timedelta(days=1)

    def count(self, era: timedelta) -> int:
        """Windows in an era of this length; one that is shorter than a window is one window."""
        return max((era - self.length) // self.step + 1, 1)


class FeatureSettings(BaseModel):
    """A feature set: one of tsfresh's three, or `custom` with tsfresh's own `{calculator: parameters}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature_set: FeatureSetName = "efficient"
    custom: dict[str, list[dict[str, Any]] | None] | None = None
    columns: tuple[str, ...] = ()
    """Extra columns of the frame (rolling or scaled) that feed the features too; gridded sensors always do."""
    windows: WindowSettings = WindowSettings()
    engine: EngineName = "auto"
    """`native` is the CPU; tsfresh itself is the reference: the same columns and values, hundreds of times slower."""
    reference_share: float = Field(default=1 / 5000, ge=0, le=1)
    """Of the series, how many are computed by tsfresh too, and compared."""

    @model_validator(mode="after")
    def _custom_has_calculators(self) -> Self:
        if (self.feature_set == "custom") != (self.custom is not None):
            raise ValueError("a custom feature set, and only that, needs custom: {calculator: parameters or null}")
        return self

    @property
    def scope_name(self) -> str:
        """The feature set's name and the hash of all that decides its columns and values."""
        decisive = self.model_dump(mode="json", exclude={"engine", "reference_share"})
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:8]
        return f"{self.feature_set}-{digest}"

    @property
    def cost_name(self) -> str:
        """What costs are kept by: the scope name, and an engine that gives the same columns at another cost."""
        return self.scope_name if self.engine in {"auto", "native"} else f"{self.scope_name}+{self.engine}"
