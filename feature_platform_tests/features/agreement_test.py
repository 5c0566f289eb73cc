"""The sample that a run compares with tsfresh: drawn fairly, compared truly, and never dearer than what it checks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.agreement import ReferenceSample
from feature_platform.features.api import EraFeatures, plan_era_features
from feature_platform.features.parameters import calculators_of
from feature_platform.features.reference_process import reference_process
from feature_platform.features.settings import FeatureSettings, WindowSettings

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LENGTH = 48
SETTINGS = FeatureSettings(windows=WindowSettings(length=LENGTH * HOUR, step=LENGTH * HOUR))


def features_of(settings: FeatureSettings = SETTINGS, windows: int = 6, **columns: np.ndarray) -> EraFeatures:
    count = windows * LENGTH
    walk = np.random.default_rng(5).normal(size=count).cumsum()
    walk[LENGTH] = np.nan
    frame = pl.DataFrame(
        {"time": [START + n * HOUR for n in range(count)], "air": walk, **columns},
        schema_overrides={"time": pl.Datetime("us", "UTC")},
    )
    return plan_era_features(
        frame,
        [name for name in frame.columns if name != "time"],
        start=START,
        end=START + count * HOUR,
        step=HOUR,
        settings=settings,
    )


def sample_of(
    features: EraFeatures, share: float, seed: str = "a", change: list[pl.Expr] | None = None
) -> ReferenceSample:
    sample = ReferenceSample.draw(features, share, seed)
    first = 0
    for table in features.tables():
        sample.take(table.with_columns(change or []), first)
        first += table.height
    return sample


def test_a_whole_sample_is_every_complete_series_and_all_of_it_is_tsfreshs() -> None:
    sample = sample_of(features_of(), 1.0)
    assert sorted(pick.window for pick in sample.picks) == [0, 2, 3, 4, 5]
    found = sample.compare(calculators_of(SETTINGS), native_seconds=0.0, budget=1e9)
    assert (found.series, found.values, found.missed, found.differing) == (5, 5 * 782, 0, [])
    assert found.seconds > 0


def test_wrong_values_are_found_and_named() -> None:
    changes = [
        pl.col("air__mean") * (1 + 1e-4),
        pl.col("air__number_peaks__n_3") + 1,
        pl.lit(np.nan).alias("air__median"),
    ]
    sample = sample_of(features_of(), 0.6, change=changes)
    found = sample.compare(calculators_of(SETTINGS), native_seconds=0.0, budget=1e9)
    assert found.series in {3, 4}
    for change in changes:
        named = [text for text in found.differing if text.startswith(f"{change.meta.output_name()} from 2024-03-")]
        assert len(named) == found.series
    assert len(found.differing) == 3 * found.series
    assert ", tsfresh " in found.differing[0]


def test_what_tsfresh_itself_gives_by_chance_is_no_difference() -> None:
    ramp = np.arange(2.0 * LENGTH) * 0.5 + 3
    sample = sample_of(features_of(windows=2, ramp=ramp), 1.0)
    found = sample.compare(calculators_of(SETTINGS), native_seconds=0.0, budget=1e9)
    assert found.series == 3
    assert found.differing == []
    assert found.unstable > 0


def test_the_share_is_kept_on_average_and_the_same_series_come_for_a_seed() -> None:
    features = features_of(FeatureSettings(feature_set="minimal", windows=SETTINGS.windows))
    counts = [len(ReferenceSample.draw(features, 0.1, f"era-{n}").picks) for n in range(1000)]
    assert set(counts) == {0, 1}
    assert 400 < sum(counts) < 600
    assert ReferenceSample.draw(features, 0.5, "era").picks == ReferenceSample.draw(features, 0.5, "era").picks
    assert ReferenceSample.draw(features, 0.0, "era").picks == []


@pytest.mark.parametrize(("native_seconds", "budget"), [(0.001, 3.5), (0.0, 2.0)])
def test_a_comparison_dearer_than_the_features_is_not_begun(native_seconds: float, budget: float) -> None:
    sample = sample_of(features_of(), 1.0)
    found = sample.compare(calculators_of(SETTINGS), native_seconds=native_seconds, budget=budget)
    assert (found.series, found.missed, found.seconds) == (0, 5, 0.0)


def test_the_reference_process_says_what_tsfresh_refuses_and_when_it_was_killed() -> None:
    x = np.arange(20.0)[None]
    with reference_process() as reference:
        with pytest.raises(FeatureError, match="calculator quantile with parameters"):
            reference.values({"quantile": [{"q": "high"}]}, x, None)
        values, names = reference.values({"mean": None}, x, None)
        assert (values.tolist(), names) == ([[9.5]], ("mean",))
        reference.process.kill()
        with pytest.raises(FeatureError, match="ended with -9"):
            reference.values({"mean": None}, x, None)
