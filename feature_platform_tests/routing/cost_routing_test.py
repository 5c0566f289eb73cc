"""Routing by cost in a real instance, from measurements in a real catalogue."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.run_coordinator import SubmitRunContext
from sqlalchemy import NullPool, create_engine, text

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import EraCount
from feature_platform.errors import RoutingError
from feature_platform.routing import cost_router
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.cost_model import STAGES
from feature_platform.routing.run_stages import run_stages
from feature_platform.sources.description import SourceDescription
from feature_platform_tests.routing.home import create_run, make_home, open_instance
from feature_platform_tests.routing.measured import measured

ROWS = [20_000, 900_000, 40_000]
SIZES = [10_000, 100_000, 1_000_000]
SOURCE = SourceDescription.model_validate(
    {"source": "demo", "files": ["a.csv"], "sensors": [{"id": "co2", "column": 1}]}
)
COST_NAME = SOURCE.features.cost_name
COSTS = [
    *measured("cpu", SIZES, lambda readings: 5 + 4e-5 * readings, feature_set=COST_NAME),
    *measured("gpu", SIZES, lambda readings: 17 + 1e-6 * readings, feature_set=COST_NAME),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(folder))
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        yield folder


@pytest.fixture(scope="module")
def eras(home: Path) -> list[str]:
    return make_home(home, ROWS, {"run_coordinator": {"policy": "fastest", "prices": {"cpu": 0.2, "gpu": 3.0}}})


@pytest.fixture(scope="module")
def instance(home: Path, eras: list[str]) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as instance:
        yield instance


@pytest.fixture(scope="module")
def catalogue(home: Path, eras: list[str]) -> Catalogue:
    """With the source and what its eras took on both routes."""
    catalogue = Catalogue(f"sqlite:///{home / 'catalogue.db'}")
    catalogue.register_source(SOURCE)
    catalogue.record_costs(COSTS)
    return catalogue


def submit(instance: dg.DagsterInstance, tags: dict[str, str], **run: object) -> dict[str, str]:
    created = create_run(instance, tags, **run)  # type: ignore[arg-type]
    return instance.run_coordinator.submit_run(SubmitRunContext(created, workspace=None)).tags


def submit_batch(instance: dg.DagsterInstance, eras: list[str]) -> dict[str, str]:
    run_config = {"ops": {"process_eras": {"config": {"eras": eras}}}}
    return submit(instance, {}, job="batch_job", run_config=run_config)


def routed(tags: dict[str, str]) -> tuple[str, str]:
    return tags["feature_platform/compute"], tags["feature_platform/route_reason"]


def routed_elsewhere(instance: dg.DagsterInstance, era_id: str, url: str) -> tuple[str, str]:
    """By a coordinator with a catalogue of its own."""
    coordinator = EraRunCoordinator(policy="fastest", catalogue_url=url)
    coordinator.register_instance(instance)
    run = create_run(instance, {"dagster/partition": era_id})
    return routed(coordinator.submit_run(SubmitRunContext(run, workspace=None)).tags)


def test_the_largest_era_decides_and_the_reason_says_what_was_expected(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue
) -> None:
    tags = submit(instance, {"dagster/partition": eras[1]})
    assert tags["feature_platform/compute"] == "gpu"
    assert tags["feature_platform/route_reason"] == (
        f"fastest: gpu 18 s against cpu 41 s for {eras[1]} of 900,000 readings; break-even at 307,692 "
        "(from 3 and 3 measured eras)"
    )
    assert tags["feature_platform/rows"] == "900000"
    assert routed(submit(instance, {"dagster/partition": eras[0]}))[0] == "cpu"
    batch = submit_batch(instance, eras)
    assert batch["feature_platform/compute"] == "gpu"
    assert batch["feature_platform/rows"] == "960000"


def test_force_wins_and_a_retry_is_chosen_for_afresh(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue
) -> None:
    forced = submit(instance, {"dagster/partition": eras[1], "feature_platform/force": "cpu"})
    assert routed(forced) == ("cpu", "forced")
    stale = {name: tag for name, tag in forced.items() if name != "feature_platform/force"}
    assert submit(instance, stale)["feature_platform/compute"] == "gpu"


def test_an_era_that_was_not_counted_goes_by_size(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue
) -> None:
    tags = submit_batch(instance, [eras[1], "elsewhere"])
    assert routed(tags) == ("cpu", "not counted: elsewhere")


def test_new_measurements_count_after_a_minute_and_a_backfill_reads_them_once(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = EraRunCoordinator(policy="fastest")
    coordinator.register_instance(instance)
    reads: list[str | None] = []
    read = Catalogue.stage_costs

    def counted(opened: Catalogue, *, feature_set: str | None = None) -> object:
        reads.append(feature_set)
        return read(opened, feature_set=feature_set)

    monkeypatch.setattr(Catalogue, "stage_costs", counted)

    def compute() -> str:
        run = create_run(instance, {"dagster/partition": eras[1]})
        return coordinator.submit_run(SubmitRunContext(run, workspace=None)).tags["feature_platform/compute"]

    assert {compute() for _ in range(3)} == {"gpu"}
    catalogue.record_costs(replace(cost, seconds=cost.seconds * 100) for cost in COSTS if cost.route == "gpu")
    try:
        assert compute() == "gpu"
        assert reads == [COST_NAME]
        monkeypatch.setattr(cost_router, "FRESH_SECONDS", 0)
        assert compute() == "cpu"
    finally:
        catalogue.record_costs(COSTS)


def test_choosing_for_a_run_takes_no_time_once_costs_are_read(catalogue: Catalogue, eras: list[str]) -> None:
    coordinator = EraRunCoordinator(policy="fastest")
    counts = dict.fromkeys(eras[:1], 900_000)
    by_size = coordinator._decide(counts, forced=None)  # noqa: SLF001 - the threshold's own choice
    router = coordinator._cost_router  # noqa: SLF001 - measured alone, without Dagster's storage
    assert router.route(by_size, counts, STAGES, catalogue).compute == "gpu"
    began = time.perf_counter()
    for _ in range(1000):
        router.route(by_size, counts, STAGES, catalogue)
    assert time.perf_counter() - began < 1


def test_a_catalogue_out_of_reach_never_fails_a_run(instance: dg.DagsterInstance, eras: list[str]) -> None:
    compute, reason = routed_elsewhere(instance, eras[1], "postgresql://nobody@127.0.0.1:9/none")
    assert compute == "cpu"
    assert reason.startswith("sizes unknown: ")


def test_a_selection_is_routed_by_columns_and_rows_and_force_wins(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue
) -> None:
    (cost,) = measured("cpu", [ROWS[0]], lambda _: 1.0, feature_set=COST_NAME, stages=["tsfresh_features"])
    catalogue.record_costs([replace(cost, era_id=eras[0])])
    scope = f"demo/calendar/{COST_NAME}"

    def selection(url: str | None = None, **tags: str) -> dict[str, str]:
        coordinator = EraRunCoordinator(selection_threshold=30_000, catalogue_url=url)
        coordinator.register_instance(instance)
        config = {"ops": {"process_eras": {"config": {"eras": []}}}}
        forced = {f"feature_platform/{name}": tag for name, tag in tags.items()}
        run = create_run(instance, forced, job="feature_selection_job", run_config=config)
        return coordinator.submit_run(SubmitRunContext(run, workspace=None)).tags

    by_size = selection()
    assert routed(by_size) == ("gpu", f"{scope}: 100 columns² x 3 rows are 3e+04, at least 3e+04")
    assert routed(selection(force="cpu")) == ("cpu", "forced")
    away = selection("postgresql://nobody@127.0.0.1:9/none")
    assert away["feature_platform/compute"] == "cpu"
    assert away["feature_platform/route_reason"].startswith("size unknown: era catalogue ")
    assert "dagster/priority" not in by_size.keys() | away.keys()


def test_costs_that_cannot_be_read_leave_a_run_to_its_size(
    instance: dg.DagsterInstance, eras: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    other = Catalogue(url)
    other.record_cut("demo", "calendar", [record.era for record in catalogue.eras()], settings={})
    other.record_counts([EraCount(eras[1], 2_000_000, "d1")])
    compute, reason = routed_elsewhere(instance, eras[1], url)
    assert compute == "gpu"
    assert reason.startswith("measurements unknown (source 'demo' is not registered")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TABLE catalogue_sources"))
    compute, reason = routed_elsewhere(instance, eras[1], url)
    assert compute == "gpu"
    assert reason.startswith("measurements unknown (era catalogue sqlite:///")


def test_a_policy_without_its_prices_is_refused_at_construction() -> None:
    with pytest.raises(RoutingError, match=r"run_coordinator\.config\.prices\.gpu: is missing"):
        EraRunCoordinator(policy="cheapest", prices={"cpu": 0.2})


def test_the_stages_of_a_run_are_those_that_it_names(instance: dg.DagsterInstance) -> None:
    def stages(**run: object) -> tuple[str, ...]:
        return run_stages(dg.DagsterRun(**{"job_name": "__ASSET_JOB", "run_config": {}, **run}))  # type: ignore[arg-type]

    def batch(*named: str) -> dict[str, object]:
        return {"ops": {"process_eras": {"config": {"eras": ["e"], "stages": list(named)}}}}

    assert stages(job_name="era_job") == STAGES
    assert stages(job_name="selected_features_job") == ("selected_features",)
    assert stages(asset_selection=frozenset({dg.AssetKey(STAGES[2]), dg.AssetKey(STAGES[1])})) == STAGES[1:3]
    assert stages(job_name="era_job", step_keys_to_execute=[STAGES[3]]) == STAGES[3:]
    assert stages(job_name="era_batch_job", run_config=batch("selected_features")) == STAGES[3:]
    assert stages(job_name="era_batch_job", run_config=batch()) == STAGES
