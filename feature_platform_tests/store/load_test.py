"""load_features gives the same from either store, now and as of any earlier time."""

import warnings
from datetime import datetime
from itertools import product
from typing import Any

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from feature_platform.errors import FeaturePlatformError, SelectionError
from feature_platform.stages.platform import Platform
from feature_platform.stages.store_sync import sync_store
from feature_platform_tests.store.conftest import url_of
from feature_platform_tests.stored_house import SCOPE, House, now

pytestmark = pytest.mark.postgres


def projected(house: House, platform: Platform, values: dict[str, float], label: str) -> None:
    """Selected features of some eras by their mean, and the store brought in step."""
    for era_id, value in values.items():
        columns = {"v1": {"a__mean": value}, "v2": {"a__maximum": value + 1, "a__mean": value}}[label]
        house.selected(era_id, columns, label, house.datasets.require("tsfresh_features", era_id))
    sync_store(platform)


@pytest.fixture
def history(house: House, platform: Platform) -> list[datetime | None]:
    """A house with a past: the moments between its events, and None for now."""
    moments = [now()]
    first, second, _ = house.cut(3)
    house.features(first, 1.0)
    house.pin("a__mean")
    moments.append(now())
    house.features(first, 1.0)  # recorded again, but known since before
    projected(house, platform, {first: 1.0}, "v1")
    house.features(second, 2.0, b__mean=1.0)
    moments.append(now())
    projected(house, platform, {second: 2.0}, "v1")
    moments.append(now())
    house.features(first, float("nan"))
    moments.append(now())
    projected(house, platform, {first: float("nan")}, "v1")
    coarse = house.cut(2, days=3)
    for era_id in coarse:
        house.features(era_id, 3.0)
    projected(house, platform, dict.fromkeys(coarse, 3.0), "v1")
    moments.append(now())
    house.pin("a__maximum", "a__mean")
    moments.append(now())
    projected(house, platform, {coarse[0]: 3.0, coarse[1]: 3.0, second: 2.0, first: float("nan")}, "v2")
    return [*moments, now(), None]


def loaded(house: House, **arguments: Any) -> tuple[object, list[str]]:
    """The table, or the kind of error; and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found: object = house.load(**arguments)
        except FeaturePlatformError as error:
            found = type(error)
    return found, [str(warning.message) for warning in caught]


def test_both_stores_agree_at_every_moment(
    house: House,
    platform: Platform,
    store_url: str,
    history: list[datetime | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = platform.catalogue.eras(source="house", include_superseded=True)
    chosen = [record.era_id for record in records if record.superseded_at][1::-1]
    reader = url_of("analyst", store_url)
    tables = 0
    for moment, (version, eras) in product(history, ((None, None), (1, None), (2, None), (None, chosen))):
        asked = {"as_of": moment, "version": version, "eras": eras}
        files, files_warned = loaded(house, **asked)
        store, store_warned = loaded(house, store=reader, **asked)
        if isinstance(files, pl.DataFrame):
            assert isinstance(store, pl.DataFrame)
            assert_frame_equal(files, store, check_exact=True)
            assert files_warned == store_warned
            tables += 1
        else:
            assert store == files
    assert tables >= 12
    monkeypatch.setenv("FEATURE_PLATFORM_STORE_URL", platform.store_url or "")
    pd.testing.assert_frame_equal(house.load(as_pandas=True), house.load(as_pandas=True, store="postgres"))


def test_what_is_not_projected_yet_is_named_and_an_unknown_version_refused(
    house: House, platform: Platform, store_url: str
) -> None:
    first, second = house.cut(2)
    for era_id in (first, second):
        house.features(era_id, 1.0)
    house.pin("a__mean")
    projected(house, platform, {first: 1.0}, "v1")
    with pytest.warns(UserWarning, match=rf"1 eras of {SCOPE} lack selected_features: {second}$"):
        assert set(house.load(store=store_url)["era_id"]) == {first}
    with pytest.raises(SelectionError, match=r"has no version 7 in feature store postgresql.*\*\*\*@.*there are: v1"):
        house.load(store=store_url, version=7)
