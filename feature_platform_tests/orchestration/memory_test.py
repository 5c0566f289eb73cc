"""A worker that runs out of memory in a stage ends with the code that is retried, not as a failure of the code."""

from dataclasses import replace

import dagster as dg
import pytest

from feature_platform.orchestration import batch
from feature_platform.orchestration.assets import era as era_stages
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.routing.worker_end import MEMORY_ERROR_EXIT
from feature_platform.stages.outcome import StageOutcome
from feature_platform.stages.platform import Platform


def exhaust(_platform: Platform, _era_id: str) -> StageOutcome:
    raise MemoryError


def test_in_an_eras_own_run(platform: Platform, instance: dg.DagsterInstance, exits: list[int]) -> None:
    stage = replace(era_stages.STAGES[0], run=exhaust, deps=())
    asset = era_stages._era_asset(stage, owners=[], group="g")  # noqa: SLF001 - the factory is what is under test
    instance.add_dynamic_partitions("eras", ["e"])
    resource = PlatformResource(storage=platform.storage_url, catalogue=platform.catalogue_url)
    dg.materialize(
        [asset], instance=instance, partition_key="e", resources={"platform": resource}, raise_on_error=False
    )
    assert exits == [MEMORY_ERROR_EXIT]


def test_in_a_batch(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    exits: list[int],
    monkeypatch: pytest.MonkeyPatch,
    declared_eras: list[str],
) -> None:
    name = era_stages.STAGES[0].name
    monkeypatch.setitem(batch.STAGE_BY_NAME, name, replace(era_stages.STAGES[0], run=exhaust))
    definitions.resolve_job_def("era_batch_job").execute_in_process(
        instance=instance,
        run_config={"ops": {"process_eras": {"config": {"eras": declared_eras[:1], "stages": [name]}}}},
        raise_on_error=False,
    )
    assert exits == [MEMORY_ERROR_EXIT]
