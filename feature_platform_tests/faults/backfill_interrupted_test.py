"""A backfill of 50 eras through the webserver: its programs are killed under it; a second one is cancelled half way."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.execution.backfill import BulkActionStatus

from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.stages.platform import Platform
from feature_platform.templates import lay_out, lay_out_home
from feature_platform_tests.backfills import BACKFILL
from feature_platform_tests.faults.programs import Program, ask, daemon, running, wait_until, webserver
from feature_platform_tests.postgres_server import free_port
from feature_platform_tests.routing.home import REPOSITORY
from feature_platform_tests.stages.house import take_in
from feature_platform_tests.tiny_source import tiny_source

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]

ERAS = 50
AT_ONCE = 4
CANCEL = """
mutation Cancel($id: String!) {
  cancelPartitionBackfill(backfillId: $id) { __typename ... on Error { message } }
}
"""
OVER = (BulkActionStatus.COMPLETED_SUCCESS, BulkActionStatus.COMPLETED_FAILED, BulkActionStatus.CANCELED)


class Deployment:
    """Webserver and daemon of a home with 50 eras."""

    def __init__(self, home: Path, instance: dg.DagsterInstance, eras: list[str]) -> None:
        environment = {**os.environ, "DAGSTER_HOME": str(home)}
        self.port = free_port()
        self.daemon: Program = daemon(home, environment)
        self.webserver: Program = webserver(home, environment, self.port)
        self.instance = instance
        self.eras = eras

    def backfill(self, asset: str) -> str:
        """Start a backfill of every era, as the UI does."""
        params = {"assetSelection": [{"path": [asset]}], "partitionNames": self.eras}
        launched = ask(self.port, BACKFILL, {"params": params})["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def done(self, asset: str) -> Counter[str]:
        """How often each era was materialized."""
        found = self.instance.fetch_materializations(dg.AssetKey(asset), limit=10 * ERAS)
        return Counter(str(record.partition_key) for record in found.records)

    def status(self, backfill_id: str) -> BulkActionStatus:
        """How far a backfill is."""
        backfill = self.instance.get_backfill(backfill_id)
        assert backfill is not None
        return backfill.status

    def kill_code_server(self) -> None:
        """kill -9 the daemon's code server, once there is one."""
        wait_until(lambda: bool(self.daemon.children("grpc")), "the daemon has no code server")
        for code_server in self.daemon.children("grpc"):
            os.kill(code_server, signal.SIGKILL)

    def unfinished(self) -> list[dg.DagsterRun]:
        """Runs that wait or go on."""
        return [run for run in self.instance.get_runs() if not run.is_finished]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home = tmp_path_factory.mktemp("home")
    settings = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))
    settings["run_coordinator"]["config"]["limits"]["cpu"] = AT_ONCE
    lay_out(home / "dagster.yaml", yaml.safe_dump(settings))
    lay_out_home(home)
    source = tiny_source(tmp_path_factory.mktemp("source"), days=ERAS, eras={"method": "calendar", "unit": "1d"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        eras = take_in(Platform.from_environment(), source)
        assert len(eras) == ERAS
        with dg.DagsterInstance.get() as instance:
            instance.add_dynamic_partitions(PARTITIONS_NAME, eras)
            found = Deployment(home, instance, eras)
            with running(found.webserver), running(found.daemon):
                yield found


def test_killed_programs_lose_no_era_and_repeat_none(deployment: Deployment) -> None:
    backfill = deployment.backfill("raw_readings")
    wait_until(lambda: len(deployment.done("raw_readings")) >= 3, "the backfill does not begin")
    deployment.daemon.kill()
    deployment.webserver.kill()
    deployment.daemon.start()
    deployment.webserver.start()
    deployment.kill_code_server()  # while it starts
    before = len(deployment.done("raw_readings"))
    wait_until(lambda: len(deployment.done("raw_readings")) >= before + 3, "the backfill does not go on")
    deployment.kill_code_server()
    wait_until(lambda: deployment.status(backfill) in OVER, "the backfill does not end")
    assert deployment.status(backfill) == BulkActionStatus.COMPLETED_SUCCESS
    assert deployment.done("raw_readings") == dict.fromkeys(deployment.eras, 1)
    assert ask(deployment.port, "{ version }")["version"]


def test_a_cancelled_backfill_gives_its_slots_back_and_keeps_what_is_done(deployment: Deployment) -> None:
    backfill = deployment.backfill("preprocessed_frame")
    wait_until(lambda: len(deployment.done("preprocessed_frame")) >= 3, "the backfill does not begin")
    answer = ask(deployment.port, CANCEL, {"id": backfill})["cancelPartitionBackfill"]
    assert answer["__typename"] == "CancelBackfillSuccess", answer
    wait_until(lambda: deployment.status(backfill) in OVER, "the backfill does not end")
    assert deployment.status(backfill) == BulkActionStatus.CANCELED
    # Slots are counted by the runs that go on.
    assert deployment.unfinished() == []
    done = set(deployment.done("preprocessed_frame"))
    assert 3 <= len(done) < ERAS
    platform = Platform.from_environment()
    assert all(platform.datasets.manifest("preprocessed_frame", era_id) is not None for era_id in done)
