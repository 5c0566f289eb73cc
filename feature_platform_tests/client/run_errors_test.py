"""Why a run failed, and why each era of a batch did."""

from pathlib import Path

import dagster as dg
import pytest

from feature_platform.client.run_errors import error_of, errors_by_era
from feature_platform.definitions import build_definitions
from feature_platform.routing.report_end import report_end
from feature_platform.routing.worker_end import Cause, WorkerEnd
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import tiny_source


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")


def test_our_own_errors_are_told_in_their_words(platform: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    source = tiny_source(folder, days=1, eras={"method": "declared", "file": "eras.csv"})
    (folder / "eras.csv").write_text("start,end\n2024-06-01,2024-06-05\n", encoding="utf-8")
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    (era_id,) = cut_source(platform, source.name).partitions
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("eras", [era_id])
        era = definitions.resolve_job_def("era_job").execute_in_process(
            instance=instance, partition_key=era_id, raise_on_error=False
        )
        assert error_of(instance, era.run_id).startswith(f"era {era_id} has no readings between 2024-06-01 00:00 and ")
        batch = definitions.resolve_job_def("era_batch_job").execute_in_process(
            instance=instance,
            run_config={"ops": {"process_eras": {"config": {"eras": [era_id, "a,b"]}}}},
            raise_on_error=False,
        )
        said = error_of(instance, batch.run_id)
        assert said.startswith(f"2 of 2 eras failed, the others are recorded: {era_id}: era {era_id} has no readings")
        assert "a,b: era 'a,b' is not in the catalogue" in said
        by_era = errors_by_era(instance, batch.run_id) or {}
        assert by_era[era_id] == error_of(instance, era.run_id)
        assert set(by_era) == {era_id, "a,b"}
        assert errors_by_era(instance, era.run_id) is None


def test_an_error_of_somebody_elses_keeps_its_class() -> None:
    @dg.op
    def divide() -> None:
        _ = 1 / 0

    @dg.job
    def broken() -> None:
        divide()

    with dg.DagsterInstance.ephemeral() as instance:
        result = broken.execute_in_process(instance=instance, raise_on_error=False)
        assert error_of(instance, result.run_id) == "ZeroDivisionError: division by zero"


def test_a_lost_worker_is_called_that() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.add_run(dg.DagsterRun(job_name="era_job"))
        assert error_of(instance, run.run_id) == f"the run's worker was lost; see run {run.run_id} in the UI"
        report_end(instance, run.run_id, WorkerEnd(Cause.KILLED, "the worker process was killed by SIGKILL"))
        assert error_of(instance, run.run_id) == (
            f"Run worker lost: the worker process was killed by SIGKILL. See run {run.run_id} in the UI."
        )
