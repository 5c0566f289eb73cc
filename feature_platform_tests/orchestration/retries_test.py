"""When a run is over for good, with Dagster's retries switched on and off."""

import dagster as dg
import pytest

from feature_platform.orchestration.retries import is_over

FAILED = dg.DagsterRunStatus.FAILURE
DECIDED, LAUNCHED = {"dagster/will_retry": "true"}, {"dagster/auto_retry_run_id": "r"}


@pytest.mark.parametrize(
    ("enabled", "status", "tags", "over"),
    [
        (True, FAILED, {}, False),  # a moment later Dagster decides
        (True, FAILED, {"dagster/will_retry": "false"}, True),
        (True, FAILED, DECIDED, False),
        (True, FAILED, DECIDED | LAUNCHED, True),
        (True, dg.DagsterRunStatus.SUCCESS, {}, True),
        (True, dg.DagsterRunStatus.CANCELED, {}, True),
        (True, dg.DagsterRunStatus.STARTED, {}, False),
        (False, FAILED, {}, True),
        (False, dg.DagsterRunStatus.STARTED, {}, False),
    ],
)
def test_a_run_is_over_once_no_retry_is_to_come(
    enabled: bool, status: dg.DagsterRunStatus, tags: dict[str, str], over: bool
) -> None:
    with dg.DagsterInstance.ephemeral(settings={"run_retries": {"enabled": enabled}}) as instance:
        assert is_over(instance, dg.DagsterRun(job_name="era_job", status=status, tags=tags)) is over
