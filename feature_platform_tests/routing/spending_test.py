"""What runs cost, on a real instance and catalogue."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.run_coordinator import SubmitRunContext

from feature_platform.eras.catalogue import Catalogue
from feature_platform.routing.spending import GROUPS, Spending, ended_runs, era_shares, spent
from feature_platform.sources.description import load_description
from feature_platform_tests.routing.home import create_run, make_home, open_instance
from feature_platform_tests.tiny_source import tiny_source

PRICES = {"cpu": 0.2, "gpu": 3.0}
MAY = datetime(2024, 5, 31, 23, 0, tzinfo=UTC)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    make_home(tmp_path, [300, 100], {"run_coordinator": {"prices": PRICES}})
    with open_instance(tmp_path) as opened:
        yield opened


def ran(
    instance: dg.DagsterInstance, tags: Mapping[str, str], *, minutes: int, job: str = "probe_job", **config: object
) -> str:
    """A run that was submitted, launched on its class, and took some minutes from `MAY` on."""
    run = create_run(instance, dict(tags), job=job, run_config=config)
    instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
    submitted = instance.get_run_by_id(run.run_id)
    assert submitted is not None
    instance.add_run_tags(run.run_id, {"feature_platform/route": submitted.tags["feature_platform/compute"]})
    kinds = {dg.DagsterEventType.RUN_START: MAY, dg.DagsterEventType.RUN_SUCCESS: MAY + timedelta(minutes=minutes)}
    for kind, at in kinds.items():
        entry = dg.EventLogEntry(
            error_info=None,
            level=20,
            user_message="",
            run_id=run.run_id,
            timestamp=at.timestamp(),
            dagster_event=dg.DagsterEvent(kind.value, job, message=""),
        )
        instance.handle_new_event(entry)
    return run.run_id


def by(instance: dg.DagsterInstance, group: str, prices: Mapping[str, float] = PRICES) -> dict[str, Spending]:
    costs = list(ended_runs(instance, prices))
    catalogue = Catalogue(f"sqlite:///{instance.root_directory}/catalogue.db")
    return {row.name: row for row in spent(costs, GROUPS.get(group) or era_shares(catalogue, group, costs))}


def test_hours_times_the_price_by_route_month_and_job(instance: dg.DagsterInstance) -> None:
    ran(instance, {"feature_platform/force": "gpu"}, minutes=30)
    ran(instance, {"feature_platform/force": "cpu"}, minutes=90)
    ran(instance, {"feature_platform/force": "cpu-highmem"}, minutes=60)
    routes = by(instance, "route")
    assert (routes["gpu"].hours, routes["gpu"].cost) == pytest.approx((0.5, 1.5))
    assert (routes["cpu"].hours, routes["cpu"].cost) == pytest.approx((1.5, 0.3))
    assert (routes["cpu-highmem"].cost, routes["cpu-highmem"].unpriced_hours) == pytest.approx((0, 1.0))
    assert {name: row.runs for name, row in by(instance, "month").items()} == {"2024-05": 1, "2024-06": 2}
    assert by(instance, "job")["probe_job"].cost == pytest.approx(1.8)


def test_the_price_is_that_of_the_submit_and_a_missing_one_that_of_now(instance: dg.DagsterInstance) -> None:
    ran(instance, {"feature_platform/force": "gpu"}, minutes=60)
    ran(instance, {"feature_platform/force": "cpu-highmem", "feature_platform/price_per_hour": "9"}, minutes=60)
    routes = by(instance, "route", {"gpu": 100.0, "cpu-highmem": 0.5})
    assert routes["gpu"].cost == pytest.approx(3.0)
    assert routes["cpu-highmem"].cost == pytest.approx(0.5)


def test_a_run_is_shared_out_over_its_eras_by_readings(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    large, small = instance.get_dynamic_partitions("eras")
    ran(instance, {"dagster/partition": small}, minutes=60)
    packed = {"ops": {"process_eras": {"config": {"eras": [large, small, "pruned"]}}}}
    ran(instance, {}, minutes=60, job="batch_job", **packed)
    ran(instance, {}, minutes=60, job="feature_selection_job", ops={"process_eras": {"config": {"eras": []}}})
    eras = by(instance, "era")
    assert (eras[large].hours, eras[small].hours) == pytest.approx((0.75, 1.25))
    assert (eras["(no era)"].hours, eras["pruned"].hours) == pytest.approx((1.0, 0.0))
    assert sum(row.cost for row in eras.values()) == pytest.approx(3 * PRICES["cpu"])
    assert by(instance, "source")["demo"].runs == 2
    catalogue = Catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    (tmp_path / "source").mkdir()
    described = load_description(tiny_source(tmp_path / "source").yaml).model_copy(update={"source": "demo"})
    catalogue.register_source(described)
    assert by(instance, "feature-set")[described.features.cost_name].hours == pytest.approx(2.0)


def test_runs_that_no_route_launched_and_older_ones_are_left_out(instance: dg.DagsterInstance) -> None:
    ran(instance, {}, minutes=60)
    create_run(instance, {})
    assert len(list(ended_runs(instance, PRICES))) == 1
    assert list(ended_runs(instance, PRICES, since=MAY + timedelta(days=1))) == []
