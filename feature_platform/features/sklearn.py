"""A scikit-learn transformer over the native engine: series in, tsfresh's features out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from feature_platform.duration import parse_duration
from feature_platform.errors import FeatureError
from feature_platform.features.engine import FloatArray, TimeArray
from feature_platform.features.engines import default_threads
from feature_platform.features.feature_sets import FEATURE_SETS, ParameterList
from feature_platform.features.native import extract_batch

Gaps = Literal["refuse", "null"]


class TsfreshFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """tsfresh's features of series of one length, a row a series and a column a time.

    It learns nothing from the series but their length and columns: no value leaks from one into another. Several
    sensors take a `ColumnTransformer` with one of these under each sensor's name; its columns are then named as
    tsfresh names them, `{sensor}__{calculator}__{param}_{value}`.

    Parameters
    ----------
    feature_set
        `minimal`, `efficient`, `comprehensive`, or tsfresh's settings: calculator -> list of its parameters, None for
        a calculator without.
    step
        The time between two values, `5m` or a timedelta; without it linear_trend_timewise has no columns.
    gaps
        `refuse` raises on NaN; with `null` a series with any NaN has NaN in all its features, as in an era.
    n_jobs
        Threads; None as many as `extract_features` takes, -1 one for each core. Values are the same for any number.

    Examples
    --------
    >>> import numpy as np
    >>> from feature_platform.features.sklearn import TsfreshFeatures
    >>> TsfreshFeatures("minimal").fit_transform(np.arange(6.0).reshape(2, 3))[:, :3]
    array([[ 3.,  1.,  1.],
           [12.,  4.,  4.]])
    """

    def __init__(
        self,
        feature_set: str | Mapping[str, ParameterList] = "efficient",
        *,
        step: str | timedelta | None = None,
        gaps: Gaps = "refuse",
        n_jobs: int | None = None,
    ) -> None:
        self.feature_set = feature_set
        self.step = step
        self.gaps = gaps
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002, N803, ANN401 - scikit-learn's signature
        """Check the parameters, and remember how many values a series has.

        Parameters
        ----------
        X
            (n_series, n_time) numbers, in an array or a frame of pandas or Polars.
        y
            Ignored.

        Raises
        ------
        FeatureError
            A ValueError: for a parameter, calculator or calculator's parameter that cannot be used.
        ValueError
            scikit-learn's own, for an X that is no such array.
        """
        series = self._checked(X, reset=True)
        _, names = self._extract(series[:0])
        self.feature_names_out_ = np.array(names, dtype=object)
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803, ANN401 - scikit-learn's signature
        """Features (n_series, n_features) float64, NaN where tsfresh leaves one undefined; or as `set_output` says.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            For an X that has other columns than at `fit`, NaN where gaps are refused, or values that tsfresh refuses.
        """
        check_is_fitted(self)
        series = self._checked(X, reset=False)
        complete = ~np.isnan(series).any(axis=1)
        if complete.all():
            return self._extract(series)[0]
        values = np.full((len(series), len(self.feature_names_out_)), np.nan)
        values[complete] = self._extract(series[complete])[0]
        return values

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ANN401, ARG002 - as above
        """Columns' names `{calculator}__{param}_{value}`, in tsfresh's order; `input_features` changes nothing."""
        check_is_fitted(self)
        return self.feature_names_out_.copy()

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.gaps == "null"
        return tags

    def _checked(self, X: Any, *, reset: bool) -> FloatArray:  # noqa: N803, ANN401 - as above
        if self.gaps not in get_args(Gaps):
            raise FeatureError(f"gaps is {self.gaps!r}; it must be {' or '.join(get_args(Gaps))}")
        finite = "allow-nan" if self.gaps == "null" else True
        found: FloatArray = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite=finite)
        return found

    def _extract(self, series: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
        times = self._times(series.shape[1])
        return extract_batch(series, self._calculators(), times=times, threads=self._threads())

    def _calculators(self) -> Mapping[str, ParameterList]:
        if isinstance(self.feature_set, Mapping):
            return self.feature_set
        if self.feature_set not in FEATURE_SETS:
            known = ", ".join(FEATURE_SETS)
            raise FeatureError(f"feature_set is {self.feature_set!r}; it must be {known}, or tsfresh's settings")
        return FEATURE_SETS[self.feature_set]

    def _times(self, count: int) -> TimeArray | None:
        if self.step is None:
            return None
        try:
            step = parse_duration(self.step)
        except ValueError as error:
            raise FeatureError(f"the transformer's step: {error}") from error
        return np.datetime64(0, "us") + np.arange(count) * np.timedelta64(step)

    def _threads(self) -> int:
        if self.n_jobs is None:
            return default_threads()
        if self.n_jobs < -1 or self.n_jobs == 0:
            raise FeatureError(f"n_jobs is {self.n_jobs}; it must be a number of threads, -1 or None")
        return self.n_jobs if self.n_jobs > 0 else default_threads()
