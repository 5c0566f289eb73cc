import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.run_coordinator import SubmitRunContext

from feature_platform.errors import RoutingError
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform_tests.routing.home import create_run, make_home, open_instance

CLOSED_PORT = "postgresql://nobody@127.0.0.1:9/none"
ROWS = [400, 2_000_000, 600, 1_000_000]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        yield home


@pytest.fixture(scope="module")
def eras(home: Path) -> list[str]:
    return make_home(home, ROWS)


@pytest.fixture(scope="module")
def instance(home: Path, eras: list[str]) -> Iterator[dg.DagsterInstance]:
    assert eras
    with open_instance(home) as instance:
        yield instance


def submit(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, str]:
    submitted = instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
    assert submitted.status == dg.DagsterRunStatus.QUEUED
    return submitted.tags


def routed(tags: dict[str, str]) -> tuple[str, str, str]:
    return tags["feature_platform/compute"], tags["feature_platform/rows"], tags["feature_platform/route_reason"]


def test_the_shipped_configuration_loads_without_any_variable(instance: dg.DagsterInstance) -> None:
    limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
    assert {limit["key"] for limit in limits} == {"feature_platform/compute"}
    by_class = {limit["value"]: limit["limit"] for limit in limits}
    assert by_class.pop("cpu") >= 1
    assert by_class == {"gpu": 1, "cpu-highmem": 1}
    assert isinstance(instance.run_coordinator, EraRunCoordinator)
    assert instance.run_coordinator.escalation.larger == {"cpu": "cpu-highmem", "gpu": "cpu-highmem"}
    assert instance.run_launcher.supports_check_run_worker_health
    assert instance.run_monitoring_enabled
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_a_single_era_is_routed_by_its_readings(instance: dg.DagsterInstance, eras: list[str]) -> None:
    small = submit(instance, create_run(instance, {"dagster/partition": eras[0]}))
    large = submit(instance, create_run(instance, {"dagster/partition": eras[3]}))
    assert routed(small) == ("cpu", "400", "largest era has 400 readings, below 1,000,000")
    assert routed(large) == ("gpu", "1000000", f"{eras[3]} has 1,000,000 readings, at least 1,000,000")


def test_a_range_is_routed_by_its_largest_era(instance: dg.DagsterInstance, eras: list[str]) -> None:
    def ends(start: int, end: int) -> dict[str, str]:
        return {
            "dagster/asset_partition_range_start": eras[start],
            "dagster/asset_partition_range_end": eras[end],
        }

    assert routed(submit(instance, create_run(instance, ends(0, 2))))[:2] == ("gpu", "2001000")
    assert routed(submit(instance, create_run(instance, ends(2, 2))))[:2] == ("cpu", "600")


def test_a_batch_is_routed_by_its_largest_era(instance: dg.DagsterInstance, eras: list[str]) -> None:
    def batch(*chosen: str) -> dict[str, Any]:
        return {"ops": {"process_eras": {"config": {"eras": list(chosen)}}}}

    small = create_run(instance, {}, job="batch_job", run_config=batch(eras[0], eras[2]))
    assert routed(submit(instance, small))[:2] == ("cpu", "1000")
    mixed = create_run(instance, {}, job="batch_job", run_config=batch(eras[0], eras[1]))
    assert routed(submit(instance, mixed))[:2] == ("gpu", "2000400")


def test_a_run_without_eras_goes_to_the_default_class_and_keeps_its_place_in_the_queue(
    instance: dg.DagsterInstance,
) -> None:
    tags = submit(instance, create_run(instance, {}))
    assert routed(tags) == ("cpu", "0", "no era")
    assert "dagster/priority" not in tags


def test_an_era_unknown_to_the_catalogue_goes_to_the_default_class(instance: dg.DagsterInstance) -> None:
    tags = submit(instance, create_run(instance, {"dagster/partition": "elsewhere"}))
    assert routed(tags) == ("cpu", "0", "not counted: elsewhere")


def test_a_range_over_a_partition_that_is_gone_goes_to_the_default_class(
    instance: dg.DagsterInstance, eras: list[str]
) -> None:
    instance.add_dynamic_partitions("eras", ["gone"])
    tags = {"dagster/asset_partition_range_start": eras[0], "dagster/asset_partition_range_end": "gone"}
    run = create_run(instance, tags)
    instance.delete_dynamic_partition("eras", "gone")
    assert routed(submit(instance, run)) == (
        "cpu",
        "0",
        "sizes unknown: range end gone is no era partition (any more); launch the run anew",
    )


def test_a_user_s_force_wins_and_an_unknown_one_is_explained(instance: dg.DagsterInstance, eras: list[str]) -> None:
    forced = {"dagster/partition": eras[0], "feature_platform/force": "gpu"}
    assert routed(submit(instance, create_run(instance, forced))) == ("gpu", "400", "forced")
    unknown = {"dagster/partition": eras[1], "feature_platform/force": "tpu"}
    assert routed(submit(instance, create_run(instance, unknown))) == (
        "cpu",
        "2000000",
        "forced class 'tpu' is none of cpu, cpu-highmem, gpu",
    )


def test_the_larger_run_goes_first(instance: dg.DagsterInstance, eras: list[str]) -> None:
    priorities = {
        rows: int(submit(instance, create_run(instance, {"dagster/partition": era}))["dagster/priority"])
        for era, rows in zip(eras, ROWS, strict=True)
    }
    assert sorted(priorities, key=priorities.__getitem__) == sorted(ROWS)


def test_a_user_s_priority_stays(instance: dg.DagsterInstance, eras: list[str]) -> None:
    tags = submit(instance, create_run(instance, {"dagster/partition": eras[1], "dagster/priority": "7"}))
    assert tags["dagster/priority"] == "7"
    assert "feature_platform/priority" not in tags


def test_a_retry_is_routed_afresh_and_keeps_only_what_the_user_set(
    instance: dg.DagsterInstance, eras: list[str]
) -> None:
    first = submit(instance, create_run(instance, {"dagster/partition": eras[0]}))
    stale = {
        **first,
        "dagster/partition": eras[1],
        "feature_platform/route": "elsewhere",
    }
    again = submit(instance, create_run(instance, stale))
    assert again["feature_platform/compute"] == "gpu"
    assert again["feature_platform/route"] == "gpu"
    assert int(again["dagster/priority"]) > int(first["dagster/priority"])
    users = submit(instance, create_run(instance, {**again, "dagster/priority": "3"}))
    assert users["dagster/priority"] == "3"


def test_a_run_submitted_twice_keeps_its_route(instance: dg.DagsterInstance, eras: list[str]) -> None:
    run = create_run(instance, {"dagster/partition": eras[0]})
    submit(instance, run)
    instance.add_run_tags(run.run_id, {"feature_platform/force": "gpu"})
    queued = instance.get_run_by_id(run.run_id)
    assert queued is not None
    assert submit(instance, queued)["feature_platform/compute"] == "cpu"


@pytest.mark.parametrize("url", [CLOSED_PORT, "nonsense"])
def test_a_catalogue_out_of_reach_never_fails_a_run(instance: dg.DagsterInstance, eras: list[str], url: str) -> None:
    coordinator = EraRunCoordinator(catalogue_url=url)
    coordinator.register_instance(instance)

    def submitted(tags: dict[str, str]) -> tuple[str, str, str]:
        run = create_run(instance, {"dagster/partition": eras[1]} | tags)
        return routed(coordinator.submit_run(SubmitRunContext(run, workspace=None)).tags)

    compute, rows, reason = submitted({})
    assert (compute, rows) == ("cpu", "0")
    assert reason.startswith("sizes unknown: ")
    assert submitted({"feature_platform/force": "gpu"}) == ("gpu", "0", "forced")


def test_a_deployment_may_add_a_class_and_limits_of_its_own() -> None:
    own = {"key": "team", "value": "a", "limit": 2}
    coordinator = EraRunCoordinator(
        limits={"cpu": 1, "gpu": 1, "cpu-highmem": 3}, large_compute="cpu-highmem", tag_concurrency_limits=[own]
    )
    limits = coordinator.get_run_queue_config().tag_concurrency_limits
    assert own in limits
    assert {"key": "feature_platform/compute", "value": "cpu-highmem", "limit": 3} in limits


def test_eras_are_packed_by_the_queues_own_threshold_and_limits() -> None:
    coordinator = EraRunCoordinator(threshold_rows=7, limits={"cpu": 3, "gpu": 0})
    assert coordinator.threshold_rows == 7
    assert (coordinator.slots(), coordinator.slots("gpu")) == (3, 0)


def test_a_class_without_a_limit_is_refused_at_construction() -> None:
    with pytest.raises(RoutingError, match="'gpu' is none of cpu"):
        EraRunCoordinator(limits={"cpu": 1})


def test_loading_the_module_loads_nothing_slow() -> None:
    slow = ("polars", "pandas", "numba", "tsfresh", "alembic", "matplotlib", "scipy", "feature_platform.eras.catalogue")
    code = f"import sys, feature_platform.routing.coordinator; print([n for n in {slow!r} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.fault
@pytest.mark.parametrize(
    "hostile",
    ["'; DROP TABLE catalogue_eras; --", '"$(touch /tmp/x)`', "../../etc/passwd", "x" * 10_000, "\U0001f345", ""],
)
def test_hostile_eras_and_classes_are_looked_up_and_go_the_default_way(
    instance: dg.DagsterInstance, eras: list[str], hostile: str
) -> None:
    by_era = submit(instance, create_run(instance, {"dagster/partition": hostile}))
    assert routed(by_era)[:2] == ("cpu", "0")
    forced = submit(instance, create_run(instance, {"dagster/partition": eras[1], "feature_platform/force": hostile}))
    assert routed(forced)[:2] == ("cpu", "2000000")
    assert forced["feature_platform/route_reason"].startswith("forced class")
    assert all(len(tags["feature_platform/route_reason"]) <= 1000 for tags in (by_era, forced))
    # The catalogue is as it was.
    assert routed(submit(instance, create_run(instance, {"dagster/partition": eras[1]})))[:2] == ("gpu", "2000000")
