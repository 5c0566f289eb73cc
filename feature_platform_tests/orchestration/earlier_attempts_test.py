"""A batch whose worker was lost: its retry does what is left, and what ends every worker harms no other era."""

import dagster as dg
import pytest

from feature_platform.eras.era import EraCount
from feature_platform.errors import CatalogueUnreachableError
from feature_platform.orchestration import batch
from feature_platform.stages.platform import Platform
from feature_platform_tests.orchestration.batches import break_stage, run_batch

STAGE = "raw_readings"


class Killed(BaseException):
    """As sudden as a signal: nothing of ours runs after it."""


def attempt(definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str], *, of: str | None) -> str:
    """The run's id; one stage is enough to tell what is done."""
    return run_batch(definitions, instance, eras, stages=(STAGE,), retry_of=of).run_id


def done(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Eras that a run recorded, in their order."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return [str(entry.get_dagster_event().partition) for entry in entries]


def test_a_retry_leaves_out_what_is_done_and_reaches_a_deadly_era_last(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    declared_eras: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, deadly, last = declared_eras

    def kill(era_id: str) -> None:
        if era_id == deadly:
            raise Killed

    break_stage(monkeypatch, STAGE, kill)
    root = attempt(definitions, instance, [first, deadly, last], of=None)
    assert done(instance, root) == [first]
    retry = attempt(definitions, instance, [first, deadly, last], of=root)
    assert done(instance, retry) == [last]
    assert done(instance, attempt(definitions, instance, [first, deadly, last], of=root)) == []


def test_an_era_is_done_once_its_last_stage_is(
    definitions: dg.Definitions, instance: dg.DagsterInstance, declared_eras: list[str]
) -> None:
    first, _, last = declared_eras
    root = run_batch(definitions, instance, [first]).run_id
    retry = run_batch(definitions, instance, [first, last], retry_of=root)
    assert retry.is_success
    assert set(done(instance, retry.run_id)) == {last}


def test_a_catalogue_that_was_away_costs_no_era_and_nothing_twice(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    declared_eras: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, _, last = declared_eras
    outages = [last]

    def away(era_id: str) -> None:
        if era_id in outages:
            outages.remove(era_id)
            raise CatalogueUnreachableError("era catalogue: cannot be reached")

    break_stage(monkeypatch, STAGE, away)
    monkeypatch.setattr(batch, "CATALOGUE_PAUSE_SECONDS", 0)
    run = run_batch(definitions, instance, [first, last], stages=(STAGE,))
    assert run.is_success
    assert done(instance, run.run_id) == [first, last]


def test_what_is_done_is_done_again_where_its_data_changed_or_all_was_asked_for(
    definitions: dg.Definitions, instance: dg.DagsterInstance, platform: Platform, declared_eras: list[str]
) -> None:
    first, _, last = declared_eras
    root = attempt(definitions, instance, [first, last], of=None)
    platform.catalogue.record_counts([EraCount(first, 7, "other data")])
    assert done(instance, attempt(definitions, instance, [first, last], of=root)) == [first]
    assert done(instance, attempt(definitions, instance, [last], of=None)) == [last]
