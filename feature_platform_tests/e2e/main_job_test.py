"""`feature-platform run` on a small source: import, cut, queue, route, compute, select, project."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feature_platform import load_features
from feature_platform.stages.platform import Platform
from feature_platform_tests.e2e.conftest import THRESHOLD_ROWS, Home
from feature_platform_tests.tiny_source import TinySource, tiny_source

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ERAS = """
- {start: 2024-03-01, end: 2024-03-03, label: seedlings}
- {start: 2024-03-03, end: 2024-03-11, label: harvest}
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TinySource:
    folder = tmp_path_factory.mktemp("source")
    (folder / "eras.yaml").write_text(ERAS, encoding="utf-8")
    return tiny_source(folder, days=10, eras={"method": "declared", "file": "eras.yaml"})


@pytest.fixture(scope="module")
def report(home: Home, source: TinySource) -> dict[str, Any]:
    return home.run_json("--source", str(source.yaml))


def test_it_counts_what_the_source_holds(report: dict[str, Any]) -> None:
    assert report["times"] == 10 * 144
    assert report["readings"] == 10 * 144 * 3
    assert report["sensors"] == 3
    assert report["rejected"] == {}


def test_every_era_ends_with_selected_features_and_its_checks(report: dict[str, Any]) -> None:
    assert [row["label"] for row in report["eras"]] == ["seedlings", "harvest"]
    for row in report["eras"]:
        assert row["status"] == "SUCCESS"
        assert row["features"] == 3 * 10
        assert row["selected"] > 0
        assert row["selection"] == "v1"
        assert row["checks"] == {"passed": 12}


def test_large_eras_run_under_gpu_and_small_ones_under_cpu(report: dict[str, Any]) -> None:
    for row in report["eras"]:
        assert row["route"] == ("gpu" if row["readings"] >= THRESHOLD_ROWS else "cpu")
    assert {row["route"] for row in report["eras"]} == {"cpu", "gpu"}


def test_what_every_stage_took_is_noted_by_the_route_that_ran_it(home: Home, report: dict[str, Any]) -> None:
    costs = Platform.from_environment().catalogue.stage_costs()
    for row in report["eras"]:
        noted = {cost.stage: cost for cost in costs if (cost.era_id, cost.route) == (row["era"], row["route"])}
        assert set(noted) == {"raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features"}
        assert {cost.readings for cost in noted.values()} == {row["readings"]}
        assert 0 < sum(cost.seconds for cost in noted.values()) < row["seconds"] + 60


def test_its_workers_were_warm(home: Home, report: dict[str, Any]) -> None:
    with dg.DagsterInstance.get() as instance:
        entries = [entry.message for run in instance.get_runs() for entry in instance.all_logs(run.run_id)]
    launches = [message for message in entries if "Launched a worker process" in message]
    assert launches
    assert [message for message in launches if "not a warm one" in message] == []


def test_a_notebook_loads_what_was_selected(home: Home, report: dict[str, Any]) -> None:
    table = load_features(source="tiny", level="declared")
    assert table.height == sum(row["windows"] for row in report["eras"]) == 10
    assert table["era_id"].unique(maintain_order=True).to_list() == [row["era"] for row in report["eras"]]
    assert table.width == 3 + report["eras"][0]["selected"]


def test_a_second_run_has_nothing_stale_and_late_data_makes_one_era_so(
    home: Home, source: TinySource, report: dict[str, Any]
) -> None:
    assert home.run_json("--source", str(source.yaml), "--stale")["eras"] == []
    source.write_days("tiny-late.csv", 1, 1, offset=1.0)
    again = home.run_json("--source", str(source.yaml), "--stale")
    assert [row["label"] for row in again["eras"]] == ["seedlings"]
    assert again["readings"] == report["readings"]


def test_a_bad_era_is_a_line_of_the_report_and_the_exit_code_and_force_sends_all_to_one_route(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "eras.yaml").write_text(
        "- {start: 2024-03-01, end: 2024-03-03}\n- {start: 2024-06-01, end: 2024-06-05}\n", encoding="utf-8"
    )
    source = tiny_source(tmp_path, name="half", days=3, eras={"method": "declared", "file": "eras.yaml"})
    command = ("feature-platform", "run", "--source", str(source.yaml), "--json", "--force")
    refused = home.command(*command, "gpus", check=False)
    assert refused.returncode == 2
    assert "--force gpus: there is no such compute class, only cpu, cpu-highmem, gpu" in refused.stderr
    done = home.command(*command, "gpu", check=False)
    assert done.returncode == 1, done.stderr
    good, bad = json.loads(done.stdout)["eras"]
    assert (good["status"], good["route"], good["selection"]) == ("SUCCESS", "gpu", "v1")
    assert (bad["status"], bad["route"], bad["readings"], bad["selected"]) == ("FAILURE", "gpu", 0, 0)
    assert bad["error"].startswith(
        f"era {bad['era']} has no readings between 2024-06-01 00:00 and 2024-06-05 00:00 UTC"
    )


def test_export_writes_one_file_and_never_over_another(home: Home, report: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "features.csv"
    arguments = ("feature-platform", "export", str(file), "--source", "tiny", "--level", "declared")
    home.command(*arguments)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1 + 10
    refused = home.command(*arguments, check=False)
    assert refused.returncode == 2
    assert "is there already" in refused.stderr


def test_doctor_finds_nothing_wrong(home: Home) -> None:
    said = home.command("feature-platform", "doctor").stdout
    assert "WRONG" not in said
    assert "EraRunCoordinator, RoutedRunLauncher" in said
