import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from feature_platform.eras.era import Era, EraCount
from feature_platform.errors import EraError, FeatureError, FeaturePlatformError, SelectionError, StorageError
from feature_platform.load import load_features
from feature_platform_tests.stored_house import DAY, SCOPE, START, House, now, stored_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return stored_house(tmp_path)


def test_every_era_has_the_pinned_columns(house: House) -> None:
    first, second = house.cut(2)
    house.features(first, 1.0, a__minimum=0.0)
    house.features(second, 2.0)
    house.pin("a__minimum", "a__mean")
    table = house.load()
    assert table.columns == ["era_id", "window_start", "window_end", "a__minimum", "a__mean"]
    assert table["era_id"].to_list() == [first, first, second, second]
    assert table["a__minimum"].to_list() == [0.0, 0.5, None, None]
    assert table["a__mean"].to_list() == [1.0, 1.5, 2.0, 2.5]
    assert table["window_start"].to_list() == [START + number * DAY for number in range(4)]
    assert table.schema["window_end"] == pl.Datetime("us", "UTC")


def test_stored_selected_features_are_read_where_they_fit_the_pinned_version(house: House) -> None:
    first, second, third = house.cut(3)
    manifests = [house.features(era_id, 1.0) for era_id in (first, second, third)]
    house.pin("a__mean")
    house.selected(first, {"a__mean": 41.0}, "v1", manifests[0])
    house.selected(second, {"a__mean": 42.0}, "provisional", manifests[1])
    house.selected(third, {"a__mean": 43.0}, "v1", None)
    # The second follows no version, the third older features: both are projected from the features there are.
    assert house.load()["a__mean"].to_list() == [41.0, 41.5, 1.0, 1.5, 1.0, 1.5]


def test_an_earlier_version_can_be_asked_for(house: House) -> None:
    (era_id,) = house.cut(1)
    house.features(era_id, 1.0)
    house.pin("a__mean")
    house.pin("a__maximum")
    assert house.load().columns[3:] == ["a__maximum"]
    assert house.load(version=1).columns[3:] == ["a__mean"]
    assert house.load(version=1, dataset="tsfresh_features").columns[3:] == ["a__mean"]
    with pytest.raises(SelectionError, match="no version 3; its versions are 1 to 2"):
        house.load(version=3)


def test_all_features_can_be_loaded_without_coverages(house: House) -> None:
    first, second = house.cut(2)
    house.features(first, 1.0)
    house.features(second, 2.0, b__mean=7.0)
    table = house.load(dataset="tsfresh_features")
    assert table.columns[3:] == ["a__mean", "a__maximum", "b__mean"]
    assert table["b__mean"].to_list() == [None, None, 7.0, 7.5]


def test_before_a_selection_is_pinned_the_provisional_ones_are_loaded_with_a_warning(house: House) -> None:
    first, second, third = house.cut(3)
    for era_id, column in ((first, "a__mean"), (second, "a__maximum")):
        house.selected(era_id, {column: 5.0}, "provisional", house.features(era_id, 5.0))
    house.features(third, 5.0)
    with (
        pytest.warns(UserWarning, match="is pinned: the columns are provisional"),
        pytest.warns(UserWarning, match=f"1 eras of {SCOPE} lack selected_features: {third}$"),
    ):
        table = house.load()
    assert table.columns[3:] == ["a__mean", "a__maximum"]
    assert table["era_id"].unique(maintain_order=True).to_list() == [first, second]


def test_eras_without_features_are_named_in_a_warning(house: House) -> None:
    first, second = house.cut(2)
    house.features(first, 1.0)
    house.pin("a__mean")
    with pytest.warns(UserWarning, match=rf"1 eras of .* lack selected_features: {second}$"):
        assert house.load()["era_id"].unique().to_list() == [first]


def test_an_era_without_readings_is_not_missed(house: House) -> None:
    first, second = house.cut(2)
    house.catalogue.record_counts([EraCount(second, 0, "empty")])
    house.features(first, 1.0)
    house.pin("a__mean")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert house.load().height == 2


def test_chosen_eras_come_in_the_order_asked_for(house: House) -> None:
    first, _, third = house.cut(3)
    for era_id in (first, third):
        house.features(era_id, 1.0)
    house.pin("a__mean")
    assert house.load(eras=[third, first])["era_id"].unique(maintain_order=True).to_list() == [third, first]
    with pytest.raises(EraError, match=f"era 'house.calendar.nope' is no era of .*nearest ids are .*{third[:20]}"):
        house.load(eras=["house.calendar.nope"])


def test_as_of_knows_neither_later_values_nor_later_selections(house: House) -> None:
    first, _ = house.cut(2)
    house.features(first, 1.0)
    pinned = house.pin("a__mean")
    then = now()
    house.features(first, 9.0)
    house.pin("a__maximum")
    table = house.load(as_of=then, eras=[first])
    assert table.columns[3:] == ["a__mean"]
    assert table["a__mean"].to_list() == [1.0, 1.5]
    assert house.load(eras=[first])["a__maximum"].to_list() == [10.0, 10.5]
    with pytest.raises(SelectionError, match=r"selection v2 of .* was pinned at .* after as_of"):
        house.load(as_of=then, eras=[first], version=2)
    assert pinned.pinned_at <= then


def test_as_of_knows_no_era_that_had_not_ended(house: House) -> None:
    catalogue = house.catalogue
    past = Era("house", "calendar", START, START + DAY)
    today = datetime.now(UTC).replace(microsecond=0)
    running = Era("house", "calendar", today - DAY, today + DAY)
    catalogue.record_cut("house", "calendar", [past, running], settings={})
    catalogue.record_counts([EraCount(era.era_id, 1, "d") for era in (past, running)])
    for era in (past, running):
        house.features(era.era_id, 1.0)
    house.pin("a__mean")
    assert set(house.load()["era_id"]) == {past.era_id, running.era_id}
    assert set(house.load(as_of=now())["era_id"]) == {past.era_id}
    with pytest.raises(EraError, match="as of"):
        house.load(as_of=now(), eras=[running.era_id])


def test_as_of_sees_the_eras_that_were_current_then(house: House) -> None:
    coarse = house.cut(1, days=4)
    house.features(coarse[0], 1.0)
    house.pin("a__mean")
    then = now()
    fine = house.cut(2, days=2)
    for era_id in fine:
        house.features(era_id, 2.0)
    assert house.load()["era_id"].unique(maintain_order=True).to_list() == fine
    assert house.load(as_of=then)["era_id"].unique().to_list() == coarse
    # A superseded era is still there for who asks for it by id.
    assert house.load(eras=coarse)["era_id"].unique().to_list() == coarse


def test_before_anything_was_recorded_there_is_nothing_to_load(house: House) -> None:
    before = now()
    (era_id,) = house.cut(1)
    with pytest.raises(EraError, match=r"no era of level 'calendar' with readings as of"):
        house.load(as_of=before)
    known = now()
    house.features(era_id, 1.0)
    with pytest.raises(StorageError, match=r"no era of source 'house', level 'calendar', has features as of"):
        house.load(as_of=known)


def test_features_of_another_set_never_mix(house: House) -> None:
    first, second, third = house.cut(3)
    house.features(first, 1.0)
    house.features(second, 2.0, feature_set="efficient-00000000")
    house.features(third, 3.0, feature_set="custom-11111111")
    with pytest.warns(UserWarning, match=second):
        assert house.load(dataset="tsfresh_features")["era_id"].unique().to_list() == [first]
    with pytest.warns(UserWarning, match=first):
        table = house.load(dataset="tsfresh_features", feature_set="efficient")
    assert table["era_id"].unique().to_list() == [second]
    with pytest.raises(FeatureError, match=r"no features of the set 'comprehensive' are stored; there are custom-1"):
        house.load(feature_set="comprehensive")
    house.features(first, 1.0, feature_set="efficient-22222222")
    with pytest.raises(
        FeatureError, match=r"several sets are stored; name one: feature_set=efficient-0.* or efficient-2"
    ):
        house.load(feature_set="efficient")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"source": "hose"}, "source 'hose' is not registered; known ones are house"),
        ({"level": "month"}, "level 'month' is none of a, b, c, declared, calendar, whole"),
        ({"dataset": "raw_readings"}, "'raw_readings' holds no features; use selected_features or tsfresh_features"),
        ({"as_of": datetime(2024, 1, 1)}, "as_of 2024-01-01T00:00:00 has no time zone"),  # noqa: DTZ001 - the mistake
        ({"level": "a"}, "source 'house' has no era of level 'a' with readings"),
        ({}, "no era of source 'house', level 'calendar', has features in .*materialize tsfresh_features"),
        ({"store": "postgres"}, "needs FEATURE_PLATFORM_STORE_URL"),
        ({"store": "postgres", "dataset": "tsfresh_features"}, "the feature store holds no tsfresh_features"),
        ({"store": "postgres", "storage": "/data"}, "storage and store are two places to load from"),
        ({"store": "sqlite:///a.db"}, "'sqlite' is not supported; use a postgresql:// URL"),
    ],
)
def test_what_cannot_be_loaded_is_said_with_the_cure(house: House, arguments: dict[str, Any], text: str) -> None:
    house.cut(1)
    with pytest.raises(FeaturePlatformError, match=text):
        house.load(**arguments)


def test_pandas_and_the_environments_places(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (era_id,) = house.cut(1)
    house.features(era_id, 1.0)
    house.pin("a__mean")
    monkeypatch.setenv("FEATURE_PLATFORM_STORAGE", house.storage)
    monkeypatch.setenv("FEATURE_PLATFORM_CATALOGUE_URL", house.catalogue_url)
    table = load_features(source="house", level="calendar", as_pandas=True)
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == ["era_id", "window_start", "window_end", "a__mean"]
    assert str(table["window_start"].dtype) == "datetime64[us, UTC]"


def test_the_package_exports_it_and_is_imported_at_once() -> None:
    code = (
        "import sys, feature_platform; print(len({'polars', 'sqlalchemy', 'pandas', 'dagster'} & set(sys.modules)));"
        "from feature_platform import load_features; print(load_features.__module__, 'dagster' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["0", "feature_platform.load", "False"]
