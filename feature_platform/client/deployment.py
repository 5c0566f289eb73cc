"""Launch runs as the UI does, through the queue and the routing, and wait for them."""

import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_graphql.cli import execute_query
from sqlalchemy.exc import OperationalError

from feature_platform.client.daemon import is_daemon_alive, running_daemon
from feature_platform.client.instance import opened_instance
from feature_platform.errors import FeaturePlatformError
from feature_platform.orchestration.retries import is_over

LOCATION = "feature_platform"
LAUNCH_TAG = "feature_platform/launch"
POLL_SECONDS = 0.5
LOST_SECONDS = 180

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on Error { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""


@dataclass(frozen=True)
class Deployment:
    """An opened Dagster instance with our code location."""

    instance: dg.DagsterInstance
    _context: WorkspaceProcessContext

    def query(self, text: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask Dagster's GraphQL, as the UI does; returns the whole answer, with `data` and perhaps `errors`."""
        answer: Mapping[str, Any] = execute_query(self._context, text, variables)
        return answer

    def launch(
        self,
        job: str,
        *,
        era_id: str | None = None,
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Put one run into the queue and return its id; a storage that does not answer is waited for.

        Raises
        ------
        FeaturePlatformError
            If Dagster refuses it, or its storage did not answer for three minutes.
        """
        # By it a run is found again that was queued although the answer was lost.
        ticket = {LAUNCH_TAG: secrets.token_hex(8)}
        every_tag = {**(tags or {}), **({"dagster/partition": era_id} if era_id else {}), **ticket}
        params = {
            "selector": {
                "repositoryLocationName": LOCATION,
                "repositoryName": "__repository__",
                "jobName": job,
            },
            "runConfigData": config or {},
            "executionMetadata": {"tags": [{"key": key, "value": tag} for key, tag in every_tag.items()]},
        }
        deadline = time.monotonic() + LOST_SECONDS
        while True:
            answer = self.query(LAUNCH, {"params": params})
            launched = (answer.get("data") or {}).get("launchRun") or {}
            if launched.get("__typename") == "LaunchRunSuccess":
                return str(launched["run"]["runId"])
            reason = _reason(answer, launched)
            if OperationalError.__name__ not in reason or time.monotonic() > deadline:
                raise FeaturePlatformError(f"Dagster refused to launch {job}: {reason}")
            queued = self._queued(ticket, deadline)
            if queued is not None:
                return queued

    def _queued(self, ticket: Mapping[str, str], deadline: float) -> str | None:
        while True:
            time.sleep(POLL_SECONDS)
            try:
                for run in self.instance.get_runs(dg.RunsFilter(tags=dict(ticket))):
                    if run.status != dg.DagsterRunStatus.NOT_STARTED:
                        return run.run_id
                    self.instance.delete_run(run.run_id)  # it never came into the queue
            except OperationalError as error:
                if time.monotonic() > deadline:
                    raise FeaturePlatformError(
                        f"Dagster's storage did not answer for {LOST_SECONDS} s ({error.orig}); see whether it runs"
                    ) from error
            else:
                return None

    def wait(
        self, run_ids: Iterable[str], *, watch: Callable[[Collection[str]], None] | None = None
    ) -> dict[str, dg.RunRecord]:
        """Wait until every run, with the retries that Dagster makes of it, is over; return each one's last record.

        `watch` is told now and then which of them are over.

        Raises
        ------
        FeaturePlatformError
            If the daemon gave no sign of life for three minutes, or Dagster's storage did not answer for as long.
        """
        open_ids = list(run_ids)
        records: dict[str, dg.RunRecord] = {}
        answered = time.monotonic()
        while open_ids:
            try:
                for run_id in list(open_ids):
                    record = self._last_attempt(run_id)
                    if record is not None:
                        open_ids.remove(run_id)
                        records[run_id] = record
                if watch is not None:
                    watch(records)
                daemon_alive = is_daemon_alive(self.instance, within_seconds=LOST_SECONDS)
                answered = time.monotonic()
            except OperationalError as error:
                if time.monotonic() - answered > LOST_SECONDS:
                    raise FeaturePlatformError(
                        f"Dagster's storage did not answer for {LOST_SECONDS} s ({error.orig}); {len(open_ids)} runs "
                        "go on without this command once it does"
                    ) from error
                daemon_alive = True  # it cannot be known
            if open_ids:
                if not daemon_alive:
                    raise FeaturePlatformError(
                        f"the Dagster daemon gave no sign of life for {LOST_SECONDS} s; {len(open_ids)} runs stay in "
                        "the queue: start a daemon (dagster dev, or dagster-daemon run) and they go on"
                    )
                time.sleep(POLL_SECONDS)
        return records

    def _last_attempt(self, run_id: str) -> dg.RunRecord | None:
        """The run's or its newest retry's record, once no further attempt is under way."""
        retries = self.instance.get_run_records(dg.RunsFilter(tags={"dagster/root_run_id": run_id}), limit=1)
        record = retries[0] if retries else self.instance.get_run_record_by_id(run_id)
        if record is None:
            raise FeaturePlatformError(f"run {run_id} is gone from Dagster's storage; launch it again")
        return record if is_over(self.instance, record.dagster_run) else None


@contextmanager
def opened_deployment(workspace: Path) -> Iterator[Deployment]:
    """The deployment that DAGSTER_HOME names, with a daemon at work."""
    target = WorkspaceFileTarget([str(workspace)])
    with (
        opened_instance() as instance,
        running_daemon(instance, workspace),
        WorkspaceProcessContext(instance, target, code_server_log_level="WARNING") as context,
    ):
        yield Deployment(instance, context)


def _reason(answer: Mapping[str, Any], launched: Mapping[str, Any]) -> str:
    errors: Sequence[Mapping[str, Any]] = launched.get("errors") or answer.get("errors") or []
    return "; ".join(str(error.get("message")) for error in errors) or str(launched.get("message") or answer)
