"""Workers that die in a deployment: what becomes of their runs, and what the tags tell of it."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.run_coordinator import SubmitRunContext

from feature_platform.client.daemon import running_daemon
from feature_platform.orchestration.retries import is_over
from feature_platform.storage.frames import EraDatasets
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.faults import ordeals
from feature_platform_tests.faults.ordeals import DATASET, sent_file, storage
from feature_platform_tests.routing.home import REPOSITORY, create_run, make_home, open_instance

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.timeout(300)]

FAILED, DONE = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS
STOP_SECONDS = 15
NOTICE_SECONDS = 20
"""Of which a machine without other load takes three: the reporter has to start."""

ROWS = {"cpu": 400, "gpu": 2_000_000}
PATIENCE_SECONDS = 240
FILE = Path(ordeals.__file__)

Attempts = Callable[[str], list[dg.DagsterRun]]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """The instance of a home with a daemon at work; its routes differ from the shipped ones in their memory alone."""
    home = tmp_path_factory.mktemp("home")
    shipped = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))
    routes = shipped["run_launcher"]["config"]["routes"]
    for name, limit in (("cpu", ordeals.CPU_MIB), ("cpu-highmem", ordeals.HIGHMEM_MIB)):
        del routes[name]["config"]["memory_percent"]
        routes[name]["config"]["memory_mib"] = limit
    workspace = home / "workspace.yaml"
    location = {"python_file": {"relative_path": str(FILE), "location_name": FILE.stem}}
    workspace.write_text(yaml.safe_dump({"load_from": [location]}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.setenv("DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS", "1")
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        make_home(home, list(ROWS.values()), {"run_launcher": {"routes": routes}})
        with open_instance(home) as opened, running_daemon(opened, workspace):
            yield opened


@pytest.fixture(scope="module")
def attempts(instance: dg.DagsterInstance) -> Attempts:
    """Of an ordeal: its run and the retries, the oldest first, once none is to come. All ordeals begin together."""
    eras = dict(zip(ROWS, instance.get_dynamic_partitions("eras"), strict=True))
    first = {
        name: submitted(instance, {ordeals.ORDEAL: name, "dagster/partition": eras[compute]})
        for name, compute in (("memory", "cpu"), ("kill", "cpu"), ("preemption", "gpu"), ("bug", "cpu"))
    }

    def over(name: str) -> list[dg.DagsterRun]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            group = instance.get_run_group(first[name])
            assert group is not None
            runs = sorted(group[1], key=lambda run: int(run.tags.get("dagster/retry_number", "0")))
            if is_over(instance, runs[-1]):
                return runs
            assert time.monotonic() < deadline, f"{name}: the last of {len(runs)} runs is {runs[-1].status}"
            time.sleep(0.5)

    return over


def submitted(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    run = create_run(instance, tags, job="ordeal_job", definitions=FILE)
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None)).run_id


def story(runs: list[dg.DagsterRun]) -> list[tuple[str, str | None, dg.DagsterRunStatus]]:
    """Class, why the run's own worker was lost, and status of each run."""
    return [
        (
            run.tags["feature_platform/compute"],
            run.tags["feature_platform/worker_lost"]
            if run.tags.get("feature_platform/lost_run") == run.run_id
            else None,
            run.status,
        )
        for run in runs
    ]


def reason(run: dg.DagsterRun) -> str:
    return run.tags["feature_platform/route_reason"]


def said(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    (entry,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return entry.message


def sent(run: dg.DagsterRun) -> float:
    """When its worker was sent a signal."""
    return float(sent_file(run.run_id).read_text())


def noticed_after(instance: dg.DagsterInstance, run: dg.DagsterRun) -> float:
    """Seconds from the signal to the run's failure."""
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    assert record.end_time is not None
    return record.end_time - sent(run)


def test_a_worker_out_of_memory_goes_one_class_up_once_and_then_fails_clearly(
    instance: dg.DagsterInstance, attempts: Attempts
) -> None:
    first, second, third = runs = attempts("memory")
    assert story(runs) == [
        ("cpu", "out_of_memory", FAILED),
        ("cpu-highmem", "vanished", FAILED),  # in the memory that was too little before; its supervisor was killed
        ("cpu-highmem", "out_of_memory", FAILED),
    ]
    assert "above its limit of 400 MiB, after" in said(instance, first)
    assert said(instance, first).endswith("; a retry goes to cpu-highmem.")
    held = int(first.tags["feature_platform/lost_memory_mib"])
    assert reason(second) == f"out of memory on cpu, {held:,} MiB, in run {first.run_id[:8]}"
    assert reason(third) == f"vanished on cpu-highmem in run {second.run_id[:8]}: same class"
    assert second.tags["feature_platform/escalated_from"] == third.tags["feature_platform/escalated_from"] == "cpu"
    assert "; not retried: cpu and cpu-highmem had too little memory" in said(instance, third)


def test_a_worker_preempted_inside_a_kernel_stops_in_time_and_is_retried_on_its_class(
    instance: dg.DagsterInstance, attempts: Attempts
) -> None:
    first, second = runs = attempts("preemption")
    assert story(runs) == [("gpu", "preempted", FAILED), ("gpu", None, DONE)]
    assert noticed_after(instance, first) < STOP_SECONDS
    assert reason(second) == f"preempted on gpu in run {first.run_id[:8]}: same class"
    ended = Path(instance.root_directory) / "logs" / "workers" / first.run_id / "ended.json"
    assert json.loads(ended.read_text())["cause"] == "preempted"


def test_a_worker_killed_while_it_computes_or_commits_leaves_no_half_result(
    instance: dg.DagsterInstance, attempts: Attempts
) -> None:
    computing, committing, last = runs = attempts("kill")
    assert story(runs) == [("cpu", "killed", FAILED), ("cpu", "killed", FAILED), ("cpu", None, DONE)]
    for run in (computing, committing):
        assert "killed by SIGKILL" in said(instance, run)
        assert noticed_after(instance, run) < NOTICE_SECONDS
    datasets = EraDatasets(StorageRoot(storage()))
    era_id = last.tags["dagster/partition"]
    assert datasets.manifest(DATASET, era_id, as_of=datetime.fromtimestamp(sent(committing), UTC)) is None
    manifest = datasets.require(DATASET, era_id)
    assert datasets.read(manifest)["value"].to_list() == list(range(1000))
    (written,) = (Path(storage()) / DATASET / f"era_id={era_id}").glob("*.parquet")
    assert written.name == Path(manifest.file).name


def test_broken_code_is_not_retried(attempts: Attempts) -> None:
    assert story(attempts("bug")) == [("cpu", None, FAILED)]
