"""Where retries go, decided from runs as Dagster stores them; tests of faults show the same with real workers."""

import uuid
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.run_coordinator import SubmitRunContext

from feature_platform.errors import RoutingError
from feature_platform.routing.escalation import Escalation, lost_worker, parse_escalation
from feature_platform.routing.policy import Route
from feature_platform.routing.report_end import report_end
from feature_platform.routing.worker_end import Cause, WorkerEnd
from feature_platform_tests.routing.home import create_run, make_home, open_instance

CLASSES = ("cpu", "gpu", "cpu-highmem")
ESCALATION = parse_escalation(None, CLASSES)
AFRESH = Route("cpu", 400, "largest era has 400 readings, below 1,000,000")
OUT_OF_MEMORY = WorkerEnd(Cause.OUT_OF_MEMORY, "the worker process ran out of memory", 112, 12_345)


def run_of(tags: dict[str, str], *, retry_of: dg.DagsterRun | None = None) -> dg.DagsterRun:
    copied = retry_of.tags if retry_of else {}
    return dg.DagsterRun(
        job_name="probe_job",
        run_id=str(uuid.uuid4()),
        tags={**copied, **tags},
        status=dg.DagsterRunStatus.FAILURE,
        root_run_id=retry_of and (retry_of.root_run_id or retry_of.run_id),
        parent_run_id=retry_of and retry_of.run_id,
    )


def lost(run: dg.DagsterRun, cause: Cause, **memory: str) -> dg.DagsterRun:
    tags = {"feature_platform/worker_lost": cause.value, "feature_platform/lost_run": run.run_id}
    return run.with_tags({**run.tags, **tags, **{f"feature_platform/{name}": value for name, value in memory.items()}})


def rerouted(parent: dg.DagsterRun, tags: dict[str, str] | None = None) -> tuple[dg.DagsterRun, str, str]:
    """The retry as it is submitted, its class and the reason."""
    retry = run_of(tags or {}, retry_of=parent)
    route, told = ESCALATION.reroute(AFRESH, retry, parent)
    return (
        retry.with_tags({**retry.tags, **told, "feature_platform/compute": route.compute}),
        route.compute,
        route.reason,
    )


@pytest.fixture
def parent() -> dg.DagsterRun:
    return run_of({"feature_platform/compute": "gpu"})


def test_a_retry_after_too_little_memory_goes_one_class_up_and_its_own_retries_stay_there(
    parent: dg.DagsterRun,
) -> None:
    up, compute, why = rerouted(lost(parent, Cause.OUT_OF_MEMORY, lost_memory_mib="12345"))
    assert (compute, why) == ("cpu-highmem", f"out of memory on gpu, 12,345 MiB, in run {parent.run_id[:8]}")
    assert up.tags["feature_platform/escalated_from"] == "gpu"
    preempted, compute, why = rerouted(lost(up, Cause.PREEMPTED))
    assert (compute, why) == ("cpu-highmem", f"preempted on cpu-highmem in run {up.run_id[:8]}: same class")
    by_hand, compute, why = rerouted(preempted)
    assert (compute, why) == ("cpu-highmem", "out of memory on gpu in an earlier run: same class")
    _, compute, why = rerouted(lost(by_hand, Cause.OUT_OF_MEMORY, lost_memory_mib="unknown"))
    assert (compute, why) == ("cpu-highmem", f"out of memory on cpu-highmem in run {by_hand.run_id[:8]}: same class")


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.OUT_OF_MEMORY}))
def test_a_retry_after_any_other_loss_stays_on_its_class(parent: dg.DagsterRun, cause: Cause) -> None:
    _, compute, why = rerouted(lost(parent, cause))
    assert (compute, why) == ("gpu", f"{cause.words} on gpu in run {parent.run_id[:8]}: same class")


def test_a_retry_after_a_failure_of_the_code_is_routed_afresh_whatever_was_copied(parent: dg.DagsterRun) -> None:
    assert rerouted(parent)[1:] == ("cpu", AFRESH.reason)
    # Its parent's parent ran out of memory, it did not; nor did the run from which a person copied a tag.
    copied = lost(run_of({}), Cause.OUT_OF_MEMORY).tags
    broken = run_of({**copied, "feature_platform/escalated_from": "cpu", "feature_platform/compute": "gpu"})
    assert lost_worker(broken) is None
    assert rerouted(broken)[1:] == ("cpu", AFRESH.reason)


def test_a_worker_that_reported_its_interruption_itself_was_preempted(parent: dg.DagsterRun) -> None:
    interrupted = parent.with_tags({**parent.tags, "dagster/failure_reason": "UNEXPECTED_TERMINATION"})
    assert rerouted(interrupted)[1:] == ("gpu", f"preempted on gpu in run {parent.run_id[:8]}: same class")


def test_force_wins_and_the_reason_says_what_it_forbids(parent: dg.DagsterRun) -> None:
    _, compute, why = rerouted(lost(parent, Cause.OUT_OF_MEMORY), {"feature_platform/force": "gpu"})
    assert compute == AFRESH.compute  # the coordinator has put the forced class there
    assert why == f"{AFRESH.reason}, so no larger class after out of memory on gpu in run {parent.run_id[:8]}"


@pytest.mark.parametrize(
    ("tags", "tried"),
    [
        ({}, None),
        ({"feature_platform/escalated_from": "cpu"}, "cpu and gpu had too little memory, and no larger class"),
        ({"feature_platform/compute": "cpu-highmem"}, "cpu-highmem had too little memory, and no larger class"),
        ({"feature_platform/force": "gpu"}, "the run is forced to gpu, which had too little memory"),
        ({"feature_platform/force": "unknown"}, None),
    ],
)
def test_too_little_memory_is_not_tried_again_where_no_more_can_be_given(
    parent: dg.DagsterRun, tags: dict[str, str], tried: str | None
) -> None:
    run = run_of(tags, retry_of=parent)
    told = ESCALATION.prospect(run, OUT_OF_MEMORY)
    if tried is None:
        assert ESCALATION.loss_tags(run, OUT_OF_MEMORY) == {}
        assert told == "; a retry goes to cpu-highmem"
    else:
        assert ESCALATION.loss_tags(run, OUT_OF_MEMORY)["dagster/max_retries"] == "0"
        assert told.startswith(f"; not retried: {tried}")
    killed = WorkerEnd(Cause.KILLED, "the worker process was killed by SIGKILL")
    assert (ESCALATION.loss_tags(run, killed), ESCALATION.prospect(run, killed)) == ({}, "")


def test_a_class_that_is_gone_is_not_kept(parent: dg.DagsterRun) -> None:
    gone = lost(parent, Cause.KILLED).with_tags({**lost(parent, Cause.KILLED).tags, "feature_platform/compute": "tpu"})
    assert rerouted(gone)[1:] == ("cpu", AFRESH.reason)


@pytest.mark.parametrize(
    ("escalation", "classes", "larger"),
    [
        (None, CLASSES, {"cpu": "cpu-highmem", "gpu": "cpu-highmem"}),
        (None, ("cpu", "gpu"), {}),
        ({}, CLASSES, {}),
        ({"cpu": "gpu"}, ("cpu", "gpu"), {"cpu": "gpu"}),
    ],
)
def test_the_larger_classes_are_those_of_the_config(
    escalation: Mapping[str, str] | None, classes: tuple[str, ...], larger: dict[str, str]
) -> None:
    assert parse_escalation(escalation, classes) == Escalation(larger, classes)


@pytest.mark.parametrize(
    ("escalation", "message"),
    [
        ({"tpu": "gpu"}, r"escalation\.tpu: 'tpu' is none of the classes under limits: cpu, cpu-highmem, gpu"),
        ({"cpu": "tpu"}, r"escalation\.cpu: 'tpu' is none of the classes"),
        ({"cpu": 3}, r"escalation\.cpu: 3 is none of the classes"),
        ({"cpu": "cpu"}, r"escalation\.cpu: a class is not larger than itself"),
    ],
)
def test_any_other_config_is_refused_with_its_key(escalation: Mapping[str, object], message: str) -> None:
    with pytest.raises(RoutingError, match=r"dagster\.yaml, run_coordinator\.config\." + message):
        parse_escalation(escalation, CLASSES)


def test_dagster_retries_once_and_a_retry_by_hand_has_its_retries_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (era,) = make_home(tmp_path, [400])
    with open_instance(tmp_path) as instance:

        def failed(parent: dg.DagsterRun | None) -> dg.DagsterRun:
            copied = {key: value for key, value in parent.tags.items() if key != "dagster/will_retry"} if parent else {}
            family = {"dagster/parent_run_id": parent.run_id, "dagster/root_run_id": parent.run_id} if parent else {}
            run = create_run(instance, {"dagster/partition": era, **copied, **family}, retry_of=parent)
            instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
            report_end(instance, run.run_id, OUT_OF_MEMORY)
            ended = instance.get_run_by_id(run.run_id)
            assert ended is not None
            assert ended.is_failure
            return ended

        first = failed(None)
        assert first.tags["dagster/will_retry"] == "true"
        second = failed(first)
        assert second.tags["feature_platform/compute"] == "cpu-highmem"
        assert second.tags["dagster/will_retry"] == "false"
        by_hand = create_run(instance, {**second.tags, "dagster/parent_run_id": second.run_id}, retry_of=second)
        queued = instance.run_coordinator.submit_run(SubmitRunContext(by_hand, workspace=None))
        assert queued.tags["dagster/max_retries"] == "3"
