"""Running batches in a test's own process, and what they leave behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from feature_platform.orchestration import batch
from feature_platform.orchestration.assets.era import STAGE_BY_NAME
from feature_platform.orchestration.batch import batch_config
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.outcome import StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import TinySource, tiny_source

ERAS = """
- {start: 2024-03-01, end: 2024-03-03}
- {start: 2024-06-01, end: 2024-06-05}
- {start: 2024-03-05, end: 2024-03-07}
"""


def declared_source(folder: Path) -> TinySource:
    """A source with three eras, the second of them in the file without readings."""
    folder.mkdir()
    (folder / "eras.yaml").write_text(ERAS, encoding="utf-8")
    return tiny_source(folder, eras={"method": "declared", "file": "eras.yaml"})


def take_in(source: TinySource, platform: Platform, instance: dg.DagsterInstance) -> list[str]:
    """Import and cut; the eras' ids in the order of the file."""
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    outcome = cut_source(platform, source.name)
    instance.add_dynamic_partitions("eras", outcome.partitions)
    first, last, empty = (record.era_id for record in sorted(outcome.eras, key=lambda record: record.era.start))
    return [first, empty, last]


def run_batch(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    eras: list[str],
    *,
    stages: tuple[str, ...] = (),
    retry_of: str | None = None,
) -> dg.DagsterRun:
    """Run a batch to its end, or its next attempt as Dagster's retries make it."""
    job = definitions.resolve_job_def("era_batch_job")
    run = instance.create_run_for_job(
        job,
        run_config=batch_config(eras, stages),
        tags={"dagster/retry_number": "1", "dagster/root_run_id": retry_of} if retry_of else {},
        parent_run_id=retry_of,
        root_run_id=retry_of,
    )
    execute_run(InMemoryJob(job), run, instance)
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    return ended


def failure(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.Failure:
    """What a failed batch says."""
    (entry,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    data = entry.get_dagster_event().step_failure_data.user_failure_data
    assert data is not None
    return dg.Failure(data.description, metadata=data.metadata)


def break_stage(monkeypatch: pytest.MonkeyPatch, stage: str, breaks: Callable[[str], None]) -> None:
    """Let a stage of every batch call `breaks` with the era's id before it begins."""
    whole = STAGE_BY_NAME[stage]

    def run(platform: Platform, era_id: str) -> StageOutcome:
        breaks(era_id)
        return whole.run(platform, era_id)

    monkeypatch.setitem(batch.STAGE_BY_NAME, stage, replace(whole, run=run))
