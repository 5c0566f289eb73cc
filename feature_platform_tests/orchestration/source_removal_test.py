"""Removing a source: all that came of it goes, wherever it is interrupted, and nothing of another source does."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from feature_platform.errors import EraError
from feature_platform.orchestration.source_removal import remove_source
from feature_platform.stages.datasets import DATASETS
from feature_platform.stages.platform import Platform
from feature_platform.stages.source_removal import delete_source_files
from feature_platform.storage.selections import Scope
from feature_platform_tests.orchestration.pruning_test import ORIGIN, cut
from feature_platform_tests.storage.frames_test import provenance
from feature_platform_tests.stored_house import Report
from feature_platform_tests.tiny_source import tiny_source

NAMES = ("tiny", "tiny-2")
INTERRUPTED: dict[str, Callable[[Platform], object]] = {
    "at once": lambda _: None,
    "without eras": lambda platform: platform.catalogue.remove_eras("tiny"),
    "without the log": lambda platform: platform.root.delete("source_readings/source=tiny/imports"),
    "without files": lambda platform: delete_source_files(platform, "tiny"),
}


@pytest.fixture
def eras(tmp_path: Path, platform: Platform, instance: dg.DagsterInstance) -> list[str]:
    """Two eras of each of two sources, the second with everything stored."""
    found = []
    for name in NAMES:
        found += cut(platform, instance, tiny_source(tmp_path / name, name=name, days=3))
        for dataset in DATASETS:
            platform.datasets.write(dataset, found[-1], pl.DataFrame({"a": [1.0]}), provenance())
        settings = platform.catalogue.source(name).selection
        scope = Scope(name, "calendar", "minimal-1")
        platform.selections.pin(scope, Report(("a__mean",)), settings=settings, eras_used={}, eras_missing=())
    return found


def stored(platform: Platform, name: str) -> list[str]:
    """Names of files and folders that are the source's."""
    return [
        file for file in map(str, Path(platform.storage_url).rglob("*")) if f"={name}/" in file or f"={name}." in file
    ]


@pytest.mark.parametrize("interrupted", INTERRUPTED)
def test_it_goes_whole_wherever_it_was_interrupted(
    platform: Platform, instance: dg.DagsterInstance, eras: list[str], interrupted: str
) -> None:
    other = stored(platform, "tiny-2")
    assert len(stored(platform, "tiny")) == len(other) > 20
    INTERRUPTED[interrupted](platform)
    assert platform.catalogue.sources() == list(NAMES)
    remove_source(platform, instance, "tiny", owned_store=None)
    assert stored(platform, "tiny") == []
    assert instance.get_dynamic_partitions("eras") == eras[2:]
    assert platform.catalogue.sources() == ["tiny-2"]
    assert [record.era_id for record in platform.catalogue.eras(include_superseded=True)] == eras[2:]
    assert stored(platform, "tiny-2") == other
    with pytest.raises(EraError, match="source 'tiny' is not registered; known ones are tiny-2"):
        remove_source(platform, instance, "tiny", owned_store=None)


def test_it_is_refused_while_a_run_is_queued_and_for_what_is_no_source(
    platform: Platform, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    for wrong in ("tin", "tiny/../tiny", "../source_readings/source=tiny", "", "*"):
        with pytest.raises(EraError, match="is not registered"):
            remove_source(platform, instance, wrong, owned_store=None)
    queued = dg.DagsterRun(job_name="era_job", status=dg.DagsterRunStatus.QUEUED, remote_job_origin=ORIGIN)
    instance.add_run(queued)
    with pytest.raises(EraError, match="1 runs are queued or under way; remove the source when they are over"):
        remove_source(platform, instance, "tiny", owned_store=None)
    assert len(stored(platform, "tiny")) == len(stored(platform, "tiny-2"))
    assert instance.get_dynamic_partitions("eras") == eras
