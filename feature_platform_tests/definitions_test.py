import subprocess
import sys

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions, defs
from feature_platform.orchestration.partitions import eras

ERA_ASSETS = {"raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features"}
UNPARTITIONED = {"source_readings", "era_catalogue", "feature_selection"}


def selected(job: str) -> set[str]:
    return {key.to_user_string() for key in defs.resolve_job_def(job).asset_layer.executable_asset_keys}


def test_the_assets_are_those_of_the_design() -> None:
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert keys == ERA_ASSETS | UNPARTITIONED | {"pinned_selection"}


def test_era_assets_and_only_they_are_partitioned_by_era() -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        partitions = graph.get(key).partitions_def
        assert (partitions == eras) is (key.to_user_string() in ERA_ASSETS), key


def test_era_jobs_hold_the_four_era_assets_only() -> None:
    assert selected("era_job") == ERA_ASSETS
    for name in ERA_ASSETS | UNPARTITIONED:
        assert selected(f"{name}_job") == {name}


def test_a_run_works_in_one_process_also_when_the_ui_puts_it_together() -> None:
    implicit = defs.resolve_implicit_global_asset_job_def()
    assert implicit.executor_def is dg.in_process_executor


def test_a_backfill_runs_one_era_a_run() -> None:
    graph = defs.resolve_asset_graph()
    assert {graph.get(dg.AssetKey(name)).backfill_policy for name in ERA_ASSETS} == {None}


def test_selected_features_does_not_wait_for_feature_selection() -> None:
    graph = defs.resolve_asset_graph()
    parents = {key.to_user_string() for key in graph.get(dg.AssetKey("selected_features")).parent_keys}
    assert parents == {"tsfresh_features", "pinned_selection"}
    assert not graph.get(dg.AssetKey("pinned_selection")).is_executable


@pytest.mark.parametrize("name", sorted(ERA_ASSETS | UNPARTITIONED))
def test_every_asset_tells_what_it_is(name: str) -> None:
    node = build_definitions(owners=["team:data"]).resolve_asset_graph().get(dg.AssetKey(name))
    assert node.description
    assert node.kinds
    assert node.owners == ["team:data"]
    assert node.code_version
    assert node.group_name == "feature_platform"


def test_definitions_merge_into_ones_own() -> None:
    @dg.asset
    def mine() -> None: ...

    merged = dg.Definitions.merge(dg.Definitions(assets=[mine]), build_definitions(group="features"))
    assert dg.AssetKey("mine") in merged.resolve_asset_graph().get_all_asset_keys()


def test_loading_the_definitions_loads_nothing_that_only_some_stages_need() -> None:
    slow = (
        *("antlr4", "dagster._daemon", "matplotlib", "numba", "pandas"),
        *("ruptures", "scipy", "sklearn", "statsmodels", "tsfresh"),
    )
    code = f"import sys, feature_platform.definitions; print([n for n in {slow!r} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_every_check_tells_what_it_asserts() -> None:
    graph = defs.resolve_asset_graph()
    assert len(graph.asset_check_keys) >= 15
    assert all(graph.get_check_spec(key).description for key in graph.asset_check_keys)
