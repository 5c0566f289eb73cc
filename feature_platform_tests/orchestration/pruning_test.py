"""Pruning: superseded eras go with their partitions, never while runs could resolve a range over them."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from feature_platform.errors import EraError
from feature_platform.orchestration.pruning import prune_superseded
from feature_platform.orchestration.quiet import UNDER_WAY
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import TinySource, tiny_source

ORIGIN = RemoteJobOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("feature_platform"), "__repository__"), "era_job"
)


def cut(platform: Platform, instance: dg.DagsterInstance, source: TinySource) -> list[str]:
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    outcome = cut_source(platform, source.name)
    instance.add_dynamic_partitions("eras", outcome.partitions)
    return outcome.partitions


@pytest.fixture
def cuts(tmp_path: Path, platform: Platform, instance: dg.DagsterInstance) -> tuple[list[str], list[str]]:
    """Ids of superseded eras, and of those that replaced them."""
    source = tiny_source(tmp_path / "source", days=10)
    old = cut(platform, instance, source)
    source.describe(eras={"method": "calendar", "unit": "month"})
    return old, cut(platform, instance, source)


def test_superseded_eras_go_with_their_partitions(
    platform: Platform, instance: dg.DagsterInstance, cuts: tuple[list[str], list[str]]
) -> None:
    old, new = cuts
    pruned = prune_superseded(platform, instance)
    assert set(old) <= set(pruned)
    assert set(new).isdisjoint(pruned)
    assert instance.get_dynamic_partitions("eras") == new
    assert [record.era_id for record in platform.catalogue.eras(include_superseded=True)] == new
    assert prune_superseded(platform, instance) == []


@pytest.mark.parametrize("status", UNDER_WAY)
def test_it_is_refused_while_a_run_is_queued_or_under_way(
    platform: Platform, instance: dg.DagsterInstance, cuts: tuple[list[str], list[str]], status: dg.DagsterRunStatus
) -> None:
    before = instance.get_dynamic_partitions("eras")
    instance.add_run(dg.DagsterRun(job_name="era_job", status=status, remote_job_origin=ORIGIN))
    with pytest.raises(EraError, match="1 runs are queued or under way; prune when they are over, or cancel them"):
        prune_superseded(platform, instance)
    assert instance.get_dynamic_partitions("eras") == before
    assert set(cuts[0]) <= {record.era_id for record in platform.catalogue.eras(include_superseded=True)}


def test_other_sources_are_left_alone(
    platform: Platform, instance: dg.DagsterInstance, cuts: tuple[list[str], list[str]]
) -> None:
    assert prune_superseded(platform, instance, "another") == []
    assert set(cuts[0]) <= set(instance.get_dynamic_partitions("eras"))
