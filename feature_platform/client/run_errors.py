"""Why a run failed, in the words of the error at its root."""

import re
from typing import cast

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData

from feature_platform.orchestration.batch import FAILED_ERAS

CLASS_OF_OURS = re.compile(r"^(?:feature_platform\.[\w.]+Error|dagster\.[\w.]+\.Failure): ")


def error_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """The root error of a failed run, or that its worker was lost."""
    for failure in _failures(instance, run_id):
        error = failure.error
        if error is not None:
            return _in_words((error.cause or error).message)
    lost = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    if lost:
        return f"{lost[-1].message} See run {run_id} in the UI."
    return f"the run's worker was lost; see run {run_id} in the UI"


def _in_words(message: str) -> str:
    """An error's text without its class, where the class tells a user nothing."""
    return CLASS_OF_OURS.sub("", message.strip(), count=1)


def errors_by_era(instance: dg.DagsterInstance, run_id: str) -> dict[str, str] | None:
    """Why each failed era of a batch failed, by era id; None where the run did not come so far as to say."""
    for failure in _failures(instance, run_id):
        said = failure.user_failure_data
        if said is not None and FAILED_ERAS in said.metadata:
            return cast("dict[str, str]", said.metadata[FAILED_ERAS].value)
    return None


def _failures(instance: dg.DagsterInstance, run_id: str) -> list[StepFailureData]:
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [entry.get_dagster_event().step_failure_data for entry in entries]
