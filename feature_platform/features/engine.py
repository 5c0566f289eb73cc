"""What every feature engine is: complete series in, tsfresh's columns out."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from feature_platform.features.settings import FeatureSettings

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.datetime64]


class FeatureEngine(Protocol):
    """Computes a feature set over many series of equal length."""

    @property
    def name(self) -> str:
        """What manifests and metadata call it."""

    @property
    def version(self) -> str:
        """Changes whenever its values may change."""

    @property
    def batch_size(self) -> int:
        """How many series it wants in one call."""

    def extract(
        self, series: FloatArray, times: TimeArray, settings: FeatureSettings
    ) -> tuple[FloatArray, tuple[str, ...]]:
        """Values (n_series, n_features) and their names `{calculator}__{param}_{value}`, in tsfresh's order.

        `series` is (n_series, n_time) and has no gaps; it may have no rows: the names are the same. `times` are the
        n_time times (datetime64[us]) of any of the series: calculators look at the time since the first value alone.
        A value that is NaN is one that tsfresh itself leaves undefined.

        Raises
        ------
        FeatureError
            If a calculator of the settings does not exist or cannot take its parameters.
        """

    def delegated(self, settings: FeatureSettings) -> dict[str, str]:
        """Calculators of the settings that it leaves to tsfresh, with the reason."""
