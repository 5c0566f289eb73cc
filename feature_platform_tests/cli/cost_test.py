"""`feature-platform cost`: what was spent and measured, for people and for scripts."""

import json
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
import yaml

from feature_platform.cli import output
from feature_platform.eras.catalogue import Catalogue
from feature_platform.templates import lay_out_home
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.routing.home import create_run, open_instance
from feature_platform_tests.routing.measured import measured

SIZES = [10_000, 100_000, 1_000_000]


@pytest.fixture
def catalogue(home: Path) -> Catalogue:
    """Measured on three routes, on one of them too little; prices for two."""
    lay_out_home(home)
    config = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))
    config["run_coordinator"]["config"]["prices"] = {"cpu": 0.2, "gpu": 0.6}
    (home / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    catalogue = Catalogue(f"sqlite:///{home / 'catalogue.db'}")
    catalogue.record_costs(
        [
            *measured("cpu", SIZES, lambda readings: 5 + 4e-5 * readings),
            *measured("gpu", SIZES, lambda readings: 17 + 1e-5 * readings),
            *measured("cpu-highmem", SIZES[:2], lambda _: 1.0),
        ]
    )
    return catalogue


def test_routes_and_their_break_even_are_printed(
    command: Command, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(command("cost", "model", "--json").stdout)
    cpu, highmem, gpu = content["routes"]
    assert (cpu["route"], cpu["feature_set"], cpu["eras_measured"], cpu["price"]) == ("cpu", "efficient-1", 3, 0.2)
    assert cpu["fixed_seconds"] == pytest.approx(5, rel=1e-3)
    assert cpu["seconds_per_million_readings"] == pytest.approx(40, rel=1e-3)
    assert (gpu["smallest_era"], gpu["largest_era"]) == (10_000, 1_000_000)
    assert (highmem["eras_measured"], highmem["fixed_seconds"], highmem["price"]) == (2, None, None)
    (pair,) = content["break_even"]
    assert pair["routes"] == ["cpu", "gpu"]
    assert pair["by_time"] == pytest.approx(400_000, rel=1e-2)
    assert pair["by_price"] == pytest.approx((51 - 5) / (4e-5 - 3e-5), rel=1e-2)
    monkeypatch.setattr(output.out, "width", 200)
    printed = command("cost", "model").stdout
    assert "10,000 to 1,000,000" in printed
    assert "cpu and gpu" in printed
    assert f"{pair['by_time']:,.0f}" in printed


def test_used_and_granted_are_printed(command: Command, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.out, "width", 200)
    assert json.loads(command("cost", "sizes", "--json").stdout) == []
    catalogue.record_costs(
        [replace(cost, memory_mib=1, cpu_seconds=20.0) for cost in measured("cpu", [500], lambda _: 40.0)]
    )
    (use,) = json.loads(command("cost", "sizes", "--json").stdout)
    assert (use["route"], use["memory_mib"], use["cores"]) == ("cpu", 1, 2.0)
    assert use["granted_mib"] > 256
    assert use["advice"] == "memory is too large: 256 MiB would do"
    assert "256 MiB would do" in command("cost", "sizes").stdout


def test_spending_is_printed(command: Command, home: Path, catalogue: Catalogue) -> None:
    assert "no run has ended yet" in command("cost").stderr
    with open_instance(home) as instance:
        run = create_run(instance, {"feature_platform/route": "gpu"})
        for kind in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS):
            instance.report_dagster_event(dg.DagsterEvent(kind.value, "probe_job", message=""), run_id=run.run_id)
    (row,) = json.loads(command("cost", "--by", "route", "--json").stdout)
    assert (row["name"], row["runs"], row["unpriced_hours"]) == ("gpu", 1, 0)
    assert row["cost"] == pytest.approx(row["hours"] * 0.6)
    assert "gpu" in command("cost", "--by", "route").stdout
    assert json.loads(command("cost", "--by", "era", "--json").stdout)[0]["name"] == "(no era)"
    assert json.loads(command("cost", "--since", "2999-01-01", "--json").stdout) == []


def test_before_anything_is_measured_it_says_how_to(command: Command, home: Path) -> None:
    lay_out_home(home)
    result = command("cost", "model")
    assert result.exit_code == 0
    assert "nothing measured yet; run some eras: feature-platform run" in result.stderr
