"""`feature-platform costs`: what was measured, for people and for scripts."""

import json
from pathlib import Path

import pytest
import yaml

from feature_platform.cli import output
from feature_platform.eras.catalogue import Catalogue
from feature_platform.templates import lay_out_home
from feature_platform_tests.cli.conftest import Command
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
    content = json.loads(command("costs", "--json").stdout)
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
    printed = command("costs").stdout
    assert "10,000 to 1,000,000" in printed
    assert "cpu and gpu" in printed
    assert f"{pair['by_time']:,.0f}" in printed


def test_before_anything_is_measured_it_says_how_to(command: Command, home: Path) -> None:
    lay_out_home(home)
    result = command("costs")
    assert result.exit_code == 0
    assert "nothing measured yet; run some eras: feature-platform run" in result.stderr
