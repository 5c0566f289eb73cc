"""What the runs that a batch goes on from have done: a lost worker costs no finished era again."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import dagster as dg
from dagster._core.storage.tags import RESUME_RETRY_TAG, RETRY_NUMBER_TAG

from feature_platform.orchestration.assets.era import Stage


@dataclass(frozen=True)
class EarlierAttempts:
    """Eras of which all wanted stages are recorded, and how often each was begun."""

    finished: frozenset[str] = frozenset()
    begun: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, context: dg.OpExecutionContext, last: Stage) -> Self:
        """Read from the events of the runs that this one goes on from; `last` is the last stage that it wants.

        Only Dagster's own retries, and re-execution from failure, go on from anything: whoever re-executes all of a
        run wants all of it.
        """
        finished: set[str] = set()
        begun: Counter[str] = Counter()
        instance = context.instance
        *_, final = last.checks
        for run_id in _attempts(context):
            planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
            begun.update({str(entry.get_dagster_event().partition) for entry in planned})
            for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
                found = entry.get_dagster_event().asset_check_evaluation_data
                # The final check is an era's last event: what comes before it is stored then.
                if found.asset_key.to_user_string() == last.name and found.check_name == final:
                    finished.add(str(found.partition))
        return cls(frozenset(finished), begun)

    def order(self, eras: list[str]) -> list[str]:
        """The eras in an order in which one that ends every worker is reached last, and harms no other."""
        return sorted(eras, key=lambda era_id: self.begun[era_id])


def _attempts(context: dg.OpExecutionContext) -> list[str]:
    run = context.run
    own = [run.run_id] if context.retry_number else []
    if RETRY_NUMBER_TAG not in run.tags and run.tags.get(RESUME_RETRY_TAG) != "true":
        return own
    group = context.instance.get_run_group(run.run_id)
    return own + [earlier.run_id for earlier in (group[1] if group else ()) if earlier.run_id != run.run_id]
