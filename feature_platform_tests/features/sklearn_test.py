"""The scikit-learn transformer: scikit-learn's own checks, and the engine's values under tsfresh's names."""

import pickle
import subprocess
import sys
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from feature_platform.errors import FeatureError
from feature_platform.features import extract_features
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.sklearn import TsfreshFeatures

QUANTILES = {"mean": None, "quantile": [{"q": 0.1}, {"q": 0.9}]}
SERIES = np.random.default_rng(0).normal(size=(12, 48)).cumsum(axis=1)


@parametrize_with_checks([TsfreshFeatures(), TsfreshFeatures("minimal", step="5m", gaps="null", n_jobs=1)])
def test_scikit_learns_own_checks_pass(estimator: TsfreshFeatures, check: Any) -> None:
    # None is expected to fail: a row of any length is a series.
    check(estimator)


def test_columns_and_values_are_those_of_extract_features() -> None:
    times = pd.date_range("2024-03-01", periods=48, freq="5min")
    long = pd.DataFrame(
        {"id": np.repeat(np.arange(12), 48), "air_temp": SERIES.ravel()}, index=np.tile(times.to_numpy(), 12)
    )
    expected = extract_features(long, COMPREHENSIVE, column_id="id", disable_progressbar=True)
    assert isinstance(expected, pd.DataFrame)
    frame = pd.DataFrame(SERIES)
    features = ColumnTransformer([("air_temp", TsfreshFeatures("comprehensive", step="5m"), list(frame.columns))])
    found = features.set_output(transform="pandas").fit_transform(frame)
    assert list(found.columns) == list(expected.columns)
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())


def test_without_a_step_there_is_no_trend_over_time() -> None:
    names = {step: TsfreshFeatures(step=step).fit(SERIES).get_feature_names_out() for step in (None, "5m")}
    assert set(names["5m"]) - set(names[None]) == {name for name in names["5m"] if name.startswith("linear_trend_time")}
    assert len(names["5m"]) - len(names[None]) == 5
    same = TsfreshFeatures(step=timedelta(minutes=5)).fit_transform(SERIES)
    np.testing.assert_array_equal(same, TsfreshFeatures(step="5m").fit_transform(SERIES))


def test_frames_come_and_go() -> None:
    columns = [f"t{place}" for place in range(48)]
    index = pd.date_range("2024-03-01", periods=12, tz="UTC")
    from_pandas = TsfreshFeatures(QUANTILES).set_output(transform="pandas")
    found = from_pandas.fit_transform(pd.DataFrame(SERIES, index=index, columns=columns))
    assert list(found.columns) == ["mean", "quantile__q_0.1", "quantile__q_0.9"]
    assert found.index.equals(index)
    from_polars = TsfreshFeatures(QUANTILES).set_output(transform="polars")
    assert from_polars.fit_transform(pl.DataFrame(SERIES, schema=columns)).equals(pl.DataFrame(found))
    with pytest.raises(ValueError, match="feature names should match"):
        from_pandas.transform(pd.DataFrame(SERIES, columns=columns[::-1]))


def test_a_series_with_a_gap_is_refused_or_has_no_features() -> None:
    gappy = SERIES.copy()
    gappy[3, 7] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        TsfreshFeatures(QUANTILES).fit(SERIES).transform(gappy)
    found = TsfreshFeatures(QUANTILES, gaps="null").fit(gappy).transform(gappy)
    assert np.isnan(found[3]).all()
    whole = np.arange(12) != 3
    np.testing.assert_array_equal(found[whole], TsfreshFeatures(QUANTILES).fit_transform(SERIES[whole]))


def test_a_search_over_feature_sets_learns_what_the_series_say() -> None:
    target = SERIES.max(axis=1)
    model = make_pipeline(TsfreshFeatures(), SimpleImputer(), Ridge(alpha=1e-9))
    grid = {"tsfreshfeatures__feature_set": [{"length": None}, {"maximum": None}]}
    search = GridSearchCV(model, grid, cv=3).fit(SERIES, target)
    assert search.best_params_ == {"tsfreshfeatures__feature_set": {"maximum": None}}
    again = pickle.loads(pickle.dumps(search.best_estimator_))  # noqa: S301 - pickled on this line
    np.testing.assert_allclose(again.predict(SERIES), target)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"feature_set": "most"}, "feature_set is 'most'; it must be minimal, efficient, comprehensive"),
        ({"feature_set": {"quantile": {"q": 0.1}}}, "calculator quantile: its parameters are"),
        ({"step": "5 minutes"}, "the transformer's step: '5 minutes' is no duration"),
        ({"gaps": "fill"}, "gaps is 'fill'; it must be refuse or null"),
        ({"n_jobs": 0}, "n_jobs is 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_parameter_that_cannot_be_is_named_at_fit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FeatureError, match=said):
        TsfreshFeatures(**given).fit(SERIES)


def test_features_do_without_scikit_learn() -> None:
    program = "import sys; from feature_platform.features import extract_batch; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
