import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits
from tsfresh import extract_features
from tsfresh.feature_extraction import feature_calculators
from tsfresh.feature_extraction.settings import (
    ComprehensiveFCParameters,
    EfficientFCParameters,
    MinimalFCParameters,
    from_columns,
)

from feature_platform.errors import FeatureError
from feature_platform.features.reference import TsfreshEngine
from feature_platform.features.settings import FeatureSetName, FeatureSettings

ENGINE = TsfreshEngine()


def extract(series: np.ndarray, times: np.ndarray, settings: FeatureSettings) -> tuple[np.ndarray, tuple[str, ...]]:
    plan = ENGINE.plan(settings)
    return plan.extract(series, times), plan.names


RANDOM = np.random.default_rng(7)
SERIES = {
    "walk": RANDOM.normal(size=48).cumsum(),
    "daily": 20 + 5 * np.sin(np.arange(48) / 48 * 2 * np.pi).round(1),
    "constant": np.full(48, 3.3),
    "zero": np.zeros(48),
    "binary": (RANDOM.random(48) > 0.7).astype(float),
    "tiny": RANDOM.normal(size=48) * 1e-12,
    "offset": RANDOM.normal(size=48) + 1e9,
}
TIMES = np.datetime64("2024-03-01", "us") + np.arange(48) * np.timedelta64(30, "m")


def tsfresh_table(series: dict[str, np.ndarray], times: np.ndarray, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """What tsfresh itself gives: one id per series, of one kind `s`, with a DatetimeIndex."""
    frame = pd.concat(
        [pd.DataFrame({"id": number, "s": values}, index=times) for number, values in enumerate(series.values())]
    )
    with threadpool_limits(limits=1):
        found: pd.DataFrame = extract_features(frame, parameters, column_id="id", n_jobs=0, disable_progressbar=True)
    return found


@pytest.mark.parametrize(
    ("feature_set", "parameters", "count"),
    [
        ("minimal", MinimalFCParameters, 10),
        ("efficient", EfficientFCParameters, 782),
        ("comprehensive", ComprehensiveFCParameters, 788),
    ],
)
def test_values_names_and_order_are_those_of_extract_features(
    feature_set: FeatureSetName, parameters: type, count: int
) -> None:
    expected = tsfresh_table(SERIES, TIMES, parameters())
    values, names = extract(np.stack(list(SERIES.values())), TIMES, FeatureSettings(feature_set=feature_set))
    assert [f"s__{name}" for name in names] == list(expected.columns)
    assert len(names) == count
    assert values.dtype == expected.to_numpy().dtype == np.float64
    np.testing.assert_array_equal(values, expected.to_numpy())


@pytest.mark.parametrize("length", [1, 2, 9, 20])
def test_short_series_get_what_tsfresh_gives_them(length: int) -> None:
    series = {name: values[:length] for name, values in SERIES.items()}
    expected = tsfresh_table(series, TIMES[:length], EfficientFCParameters())
    values, names = extract(np.stack(list(series.values())), TIMES[:length], FeatureSettings())
    assert [f"s__{name}" for name in names] == list(expected.columns)
    np.testing.assert_array_equal(values, expected.to_numpy())


def test_a_trend_in_time_is_per_hour_whatever_the_grid() -> None:
    values, names = extract(np.arange(48.0)[None], TIMES, FeatureSettings())
    assert values[0, names.index('linear_trend_timewise__attr_"slope"')] == pytest.approx(2.0)


def test_custom_sets_keep_the_users_order_and_write_lists_as_tuples() -> None:
    custom = {
        "quantile": [{"q": 0.25}],
        "cwt_coefficients": [{"widths": [2, 5], "coeff": 3, "w": 5}],
        "mean": None,
        "linear_trend": [{"attr": "slope"}],
    }
    values, names = extract(
        np.stack(list(SERIES.values())), TIMES, FeatureSettings(feature_set="custom", custom=custom)
    )
    parameters = {**custom, "cwt_coefficients": [{"widths": (2, 5), "coeff": 3, "w": 5}]}
    expected = tsfresh_table(SERIES, TIMES, parameters)
    assert [f"s__{name}" for name in names] == list(expected.columns)
    np.testing.assert_array_equal(values, expected.to_numpy())
    assert from_columns([f"s__{name}" for name in names])["s"] == parameters


def test_no_series_gives_the_names_alone() -> None:
    values, names = extract(np.empty((0, 48)), TIMES, FeatureSettings(feature_set="minimal"))
    assert values.shape == (0, 10)
    assert names[:2] == ("sum_values", "median")


@pytest.mark.parametrize(
    ("custom", "text"),
    [
        ({"mean_chnge": None}, "no calculator 'mean_chnge'; near ones are mean_change"),
        ({"set_property": None}, "no calculator 'set_property'"),
        ({"matrix_profile": [{"threshold": 0.98, "feature": "min"}]}, "matrix_profile needs a package"),
        ({"quantile": None}, r"calculator quantile with parameters None: .* begin with \[{\"q\": 0.1}, {\"q\": 0.2}\]"),
        ({"mean": None, "linear_trend": [{"attribute": "slope"}]}, "calculator linear_trend with parameters"),
    ],
)
def test_a_calculator_that_tsfresh_cannot_run_is_named_with_the_cure(custom: dict[str, Any], text: str) -> None:
    settings = FeatureSettings(feature_set="custom", custom=custom)
    with pytest.raises(FeatureError, match=text):
        extract(np.empty((0, 48)), TIMES, settings)


def test_tsfreshs_warnings_are_kept_away_from_the_user(capfd: pytest.CaptureFixture[str]) -> None:
    huge = np.array([[1e200, -1e200, 0.0] * 8])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract(huge, TIMES[:24], FeatureSettings())
    assert capfd.readouterr() == ("", "")


def test_blas_runs_one_thread_and_gets_its_own_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def mean(x: np.ndarray) -> float:
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return float(np.mean(x))

    mean.fctype = "simple"  # type: ignore[attr-defined]
    monkeypatch.setattr(feature_calculators, "mean", mean)
    with threadpool_limits(limits=2, user_api="blas"):
        before = [pool["num_threads"] for pool in threadpool_info()]
        extract(np.ones((1, 48)), TIMES, FeatureSettings(feature_set="custom", custom={"mean": None}))
        assert [pool["num_threads"] for pool in threadpool_info()] == before
    assert set(seen) == {1}
