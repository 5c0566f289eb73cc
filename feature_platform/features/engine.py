"""What every feature engine is: complete series in, tsfresh's columns out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from feature_platform.features.settings import FeatureSettings

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class FeaturePlan:
    """A feature set that an engine is ready to compute.

    `names` are `{calculator}__{param}_{value}`, in tsfresh's order; `delegated` the calculators that go through tsfresh
    though the engine is another, with the reason. `extract(series, times)` gives values (n_series, n_features) of
    series (n_series, n_time) without gaps; `times` are the n_time times (datetime64[us]) of any of the series:
    calculators look at the time since the first value alone. A value that is NaN is one that tsfresh itself leaves
    undefined.
    """

    names: tuple[str, ...]
    delegated: dict[str, str]
    extract: Callable[[FloatArray, TimeArray], FloatArray]


class FeatureEngine(Protocol):
    """Computes a feature set over many series of equal length."""

    @property
    def name(self) -> str:
        """What manifests and metadata call it; one that falls back on another says so here once it has."""

    @property
    def reason(self) -> str:
        """Why it was this one, in words."""

    @property
    def version(self) -> str:
        """Changes whenever its values may change."""

    @property
    def batch_size(self) -> int:
        """How many series it wants in one call."""

    def plan(self, settings: "FeatureSettings") -> FeaturePlan:
        """Make ready to compute what the settings ask for.

        Raises
        ------
        FeatureError
            If a calculator of the settings does not exist or cannot take its parameters.
        """
