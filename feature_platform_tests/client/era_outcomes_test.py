"""What the report says of the eras of a batch: of each its own end, also where the batch had none."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.client.era_outcomes import EraOutcome, era_outcomes
from feature_platform.client.era_progress import EraProgress
from feature_platform.definitions import build_definitions
from feature_platform.stages.platform import Platform
from feature_platform_tests.orchestration.batches import break_stage, declared_source, run_batch, take_in


class Killed(BaseException):
    """As sudden as a signal: nothing of ours runs after it."""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def outcomes(platform: Platform, instance: dg.DagsterInstance, eras: list[str]) -> dict[str, EraOutcome]:
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    run = run_batch(definitions, instance, eras)
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    return era_outcomes(instance, record, eras)


def test_each_era_of_a_batch_has_its_own_end(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")
    good, bad, deadly = take_in(declared_source(tmp_path / "source"), platform, instance)
    found = outcomes(platform, instance, [good, bad])
    assert found[good].succeeded
    assert Counter(found[good].checks.values()) == {"passed": 12}
    assert found[good].seconds > 0
    assert found[bad].seconds >= 0
    assert (found[bad].status, found[bad].checks) == ("FAILURE", {})
    assert str(found[bad].error).startswith(f"era {bad} has no readings between 2024-06-01 00:00 and ")

    def kill(era_id: str) -> None:
        if era_id == deadly:
            raise Killed

    break_stage(monkeypatch, "raw_readings", kill)
    found = outcomes(platform, instance, [good, deadly, bad])
    assert {era_id: outcome.status for era_id, outcome in found.items()} == {
        good: "SUCCESS",
        deadly: "FAILURE",
        bad: "FAILURE",
    }
    assert "Killed" in str(found[bad].error)


def test_progress_counts_eras_and_not_runs(instance: dg.DagsterInstance) -> None:
    def make(era_id: str) -> None:
        instance.report_runless_asset_event(dg.AssetMaterialization("selected_features", partition=era_id))

    make("a")
    shown: list[tuple[int, int]] = []
    runs = {"batch": ["a", "b"], "alone": ["c"]}
    progress = EraProgress(instance, ["a", "b", "c"], runs, lambda done, total: shown.append((done, total)))
    progress([])
    make("b")
    make("elsewhere")
    progress([])
    progress(["alone"])
    progress(["alone", "batch"])
    assert shown == [(0, 3), (1, 3), (2, 3), (3, 3)]
