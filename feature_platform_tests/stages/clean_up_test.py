"""Cleaning up a deployment: what may go is listed and goes, what anything still names stays."""

import shutil
from pathlib import Path

import pytest

from feature_platform.errors import EraError
from feature_platform.stages.clean_up import CleanUpReport, clean_up
from feature_platform.stages.platform import Platform
from feature_platform.storage.selections import PinnedSelections
from feature_platform_tests.stored_house import SCOPE, House, Report, now, stored_house, tick


@pytest.fixture
def house(tmp_path: Path) -> House:
    return stored_house(tmp_path)


@pytest.fixture
def platform(house: House) -> Platform:
    return Platform(house.storage, house.catalogue_url)


def by_dataset(report: CleanUpReport) -> dict[str, int]:
    return {each.dataset: each.files for each in report.outdated}


def test_history_goes_and_what_is_loaded_stays_to_the_bit(house: House, platform: Platform) -> None:
    eras = house.cut(2)
    for value in (1.0, 2.0, 3.0):
        for era_id in eras:
            house.features(era_id, value)
    pinned = PinnedSelections(platform.root).pin(
        SCOPE,
        Report(("a__mean",)),
        settings=platform.catalogue.source("house").selection,
        eras_used={eras[0]: platform.datasets.require("tsfresh_features", eras[0]).version},
        eras_missing=(),
    )
    tick()
    for value in (4.0, 5.0):
        house.features(eras[0], value)
    assert pinned.eras_used
    before = house.load()
    moment = now()
    listed = clean_up(platform, before=moment, delete=False)
    # Of the first era three of four replaced files (one is pinned) and four manifests, of the second two and two.
    assert by_dataset(listed) == {"tsfresh_features": 3 + 4 + 2 + 2}
    assert listed.bytes > 1000
    assert clean_up(platform, before=moment, delete=False) == listed
    deleted = clean_up(platform, before=moment, delete=True)
    assert (deleted.outdated, deleted.deleted) == (listed.outdated, True)
    assert house.load().equals(before)
    assert house.load(version=1).equals(before)
    (used,) = pinned.eras_used.items()
    assert platform.root.exists(f"tsfresh_features/era_id={used[0]}/{used[1]}.parquet")
    assert clean_up(platform, before=now(), delete=True).outdated == ()


def test_an_era_goes_whole_when_it_was_pruned_and_never_when_the_catalogue_is_another_one(
    house: House, platform: Platform, tmp_path: Path
) -> None:
    old = house.cut(2, days=1)
    (new,) = house.cut(1)
    for era_id in (*old, new):
        house.features(era_id, 1.0)
    stranger = Path(house.storage, "tsfresh_features", "era_id=other.calendar.20240101t0000-abcdef")
    shutil.copytree(Path(house.storage, "tsfresh_features", f"era_id={new}"), stranger)
    assert clean_up(platform, before=now(), delete=True).outdated == ()
    platform.catalogue.prune(old)
    elsewhere = Platform(house.storage, f"sqlite:///{tmp_path / 'other.db'}")
    assert set(clean_up(elsewhere, before=now(), delete=True).unknown_eras) >= {*old, new}
    assert platform.datasets.eras("tsfresh_features") == sorted([*old, new, stranger.name.removeprefix("era_id=")])
    report = clean_up(platform, before=now(), source="house", delete=True)
    assert (by_dataset(report), report.unknown_eras) == ({"tsfresh_features": 4}, ())
    assert platform.datasets.eras("tsfresh_features") == sorted([new, stranger.name.removeprefix("era_id=")])
    with pytest.raises(EraError, match="source 'hose' is not registered; known ones are house"):
        clean_up(platform, before=now(), source="hose", delete=True)
