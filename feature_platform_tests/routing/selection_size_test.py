"""feature_selection by columns² x rows, in a real catalogue."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import Era, EraCount
from feature_platform.eras.stage_costs import StageCost
from feature_platform.routing.policy import Route
from feature_platform.routing.selection_size import route_selection, selects
from feature_platform.sources.description import SourceDescription

WEEK = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 8, tzinfo=UTC)
EIGHT_HOURS = datetime(2024, 1, 8, tzinfo=UTC), datetime(2024, 1, 8, 8, tzinfo=UTC)


def features_of(era_id: str, feature_set: str) -> StageCost:
    return StageCost(
        route="cpu",
        feature_set=feature_set,
        stage="tsfresh_features",
        era_id=era_id,
        readings=50,
        columns=1_000,
        seconds=2.0,
        engine="native",
        recorded_at=WEEK[1],
    )


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """barn: 7 windows and one of a short era, 1,000 columns; house: the same eras, none measured."""
    catalogue = Catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    for name in ("barn", "house"):
        description = SourceDescription.model_validate(
            {"source": name, "files": ["a.csv"], "sensors": [{"id": "co2", "column": 1}]}
        )
        catalogue.register_source(description)
        eras = [Era(name, "declared", *times) for times in (WEEK, EIGHT_HOURS)]
        empty = Era(name, "declared", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
        catalogue.record_cut(name, "declared", [*eras, empty], settings={})
        catalogue.record_counts([*(EraCount(era.era_id, 50, "d1") for era in eras), EraCount(empty.era_id, 0, "d0")])
        if name == "barn":
            catalogue.record_costs([features_of(eras[0].era_id, description.features.cost_name)])
    return catalogue


def route(catalogue: Catalogue, threshold: int, **config: str) -> Route:
    run_config = {"ops": {"feature_selection": {"config": config}}} if config else {}
    return route_selection(run_config, lambda: catalogue, threshold=threshold, default="cpu", large="gpu")


def test_the_largest_scope_that_is_known_decides(catalogue: Catalogue) -> None:
    at, below = route(catalogue, 8_000_000), route(catalogue, 8_000_001)
    assert (at.compute, below.compute) == ("gpu", "cpu")
    assert at.reason.startswith("barn/declared/efficient-")
    assert at.reason.endswith(": 1,000 columns² x 8 rows are 8e+06, at least 8e+06")
    assert (at.rows, below.rows) == (0, 0)


def test_a_scope_without_measured_features_goes_to_the_default_class(catalogue: Catalogue) -> None:
    only = route(catalogue, 1, source="house")
    assert only.compute == "cpu"
    assert only.reason.startswith("no features measured yet of house/declared/efficient-")
    assert route(catalogue, 1, source="barn", level="calendar") == Route(
        "cpu", 0, "no features measured yet of any scope"
    )


def test_the_asset_s_own_job_and_the_ui_s_are_known() -> None:
    job = build_definitions().resolve_job_def("feature_selection_job")
    assert selects(dg.DagsterRun(job_name=job.name))
    in_ui = frozenset({dg.AssetKey("feature_selection")})
    assert selects(dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=in_ui))
    assert not selects(dg.DagsterRun(job_name="era_job"))
