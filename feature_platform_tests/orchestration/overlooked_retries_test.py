"""Failures that Dagster's daemon passes over, seen by the daemon itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon

from feature_platform.orchestration.overlooked_retries import TIMES, look_again, overlooked_retries_sensor
from feature_platform_tests.routing.home import DEFINITIONS, create_run, make_home, open_instance

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.filterwarnings("ignore:The .warn. method")]

LATER = timedelta(minutes=2)
WILL_RETRY = "dagster/will_retry"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    make_home(tmp_path, [10])
    with open_instance(tmp_path) as opened:
        yield opened


@pytest.fixture
def daemon(instance: dg.DagsterInstance) -> Iterator[Callable[[], None]]:
    """One look of Dagster's daemon at what failed since its last."""
    target = PythonFileTarget(str(DEFINITIONS), attribute=None, working_directory=None, location_name=DEFINITIONS.stem)
    consumer = EventLogConsumerDaemon()
    with WorkspaceProcessContext(instance, target) as workspace:

        def look() -> None:
            for _ in consumer.run_iteration(workspace):
                pass

        yield look


def lost(instance: dg.DagsterInstance, *, job: str = "probe_job") -> dg.DagsterRun:
    """A run whose worker was lost."""
    run = create_run(instance, {}, job=job)
    instance.report_run_failed(
        run, "Run worker lost.", JobFailureData(None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION)
    )
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    assert found.tags[WILL_RETRY] == "true"
    return found


def retries(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    return [each.run_id for each in instance.get_runs() if each.parent_run_id == run.run_id]


def test_a_failure_before_the_daemons_first_look_is_retried_once(
    instance: dg.DagsterInstance, daemon: Callable[[], None]
) -> None:
    overlooked = lost(instance)
    daemon()
    seen = lost(instance)
    daemon()
    assert (len(retries(instance, overlooked)), len(retries(instance, seen))) == (0, 1)
    assert look_again(instance, {}, datetime.now(UTC)) == {}, "Dagster is given time"
    counts = look_again(instance, {}, datetime.now(UTC) + LATER)
    assert counts == {overlooked.run_id: 1}
    daemon()
    assert (len(retries(instance, overlooked)), len(retries(instance, seen))) == (1, 1)
    assert look_again(instance, counts, datetime.now(UTC) + LATER) == {}


def test_a_run_that_dagster_never_retries_is_given_up(instance: dg.DagsterInstance) -> None:
    run = lost(instance)
    counts: dict[str, int] = {}
    for _ in range(TIMES):
        counts = look_again(instance, counts, datetime.now(UTC) + LATER)
    assert counts == {run.run_id: TIMES}
    assert look_again(instance, counts, datetime.now(UTC) + LATER) == {}
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    assert found.tags[WILL_RETRY] == "false"
    assert "Re-execute it by hand" in instance.all_logs(run.run_id)[-1].message


def test_the_sensor_counts_in_its_cursor(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lost(instance)
    monkeypatch.setattr("feature_platform.orchestration.overlooked_retries.GRACE", timedelta(0))
    with dg.build_sensor_context(instance=instance, cursor=f'{{"{run.run_id}": 2, "gone": 1}}') as context:
        result = overlooked_retries_sensor(context)
    assert isinstance(result, dg.SensorResult)
    assert result.cursor == f'{{"{run.run_id}": 3}}'
