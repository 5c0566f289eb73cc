from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feature_platform.eras import stage_costs
from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.stage_costs import StageCost
from feature_platform_tests.eras.days import days

COST = StageCost(
    route="cpu",
    feature_set="efficient-c41e1758",
    stage="tsfresh_features",
    era_id=days(1, 2).era_id,
    readings=3_000_000_000,
    columns=7_770,
    seconds=0.1 + 0.2,
    engine="native",
    recorded_at=datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC),
    cpu_seconds=1.7,
    memory_mib=3_000_000,
)


def later(minutes: int) -> datetime:
    return COST.recorded_at + timedelta(minutes=minutes)


def test_a_measurement_comes_back_as_it_was_and_replaces_the_era_s_earlier_one(catalogue: Catalogue) -> None:
    catalogue.record_costs([COST])
    assert catalogue.stage_costs() == [COST]
    again = replace(COST, seconds=9.0, recorded_at=later(1))
    elsewhere = replace(COST, route="gpu", recorded_at=later(2))
    catalogue.record_costs([replace(again, seconds=8.0), again, elsewhere])
    assert catalogue.stage_costs() == [again, elsewhere]
    assert catalogue.stage_costs(feature_set="minimal-1") == []
    assert catalogue.stage_costs(since=later(2)) == [elsewhere]
    catalogue.record_costs([])
    assert len(catalogue.stage_costs()) == 2


def test_only_the_newest_eras_of_a_group_are_kept(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_costs, "KEPT", 3)
    others = [replace(COST, route="gpu"), replace(COST, stage="raw_readings"), replace(COST, feature_set="minimal-1")]
    catalogue.record_costs(others)
    eras = [replace(COST, era_id=f"era{number}", recorded_at=later(number + 1)) for number in range(5)]
    catalogue.record_costs(eras[:2])
    catalogue.record_costs(eras[2:])
    kept = catalogue.stage_costs()
    assert [cost for cost in kept if cost not in others] == eras[2:]
    assert len(kept) == 6


def test_columns_are_those_measured_last_for_the_source(catalogue: Catalogue) -> None:
    first, second = days(1, 2), days(2, 3)
    catalogue.record_cut("demo", "declared", [first, second], settings={})
    catalogue.record_costs([COST])
    catalogue.record_costs([replace(COST, era_id=second.era_id, columns=900, recorded_at=later(1))])
    known = {"source": "demo", "feature_set": COST.feature_set}
    assert catalogue.stage_columns("tsfresh_features", **known) == 900
    assert catalogue.stage_columns("raw_readings", **known) is None
    assert catalogue.stage_columns("tsfresh_features", **{**known, "source": "barn"}) is None
