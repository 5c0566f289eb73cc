"""`feature-platform features`: what a feature says, for people and for scripts."""

import json
from pathlib import Path

import pytest

from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.stages.house import house, run_stages, take_in


@pytest.fixture
def pinned(command: Command, tmp_path: Path) -> tuple[str, ...]:
    """The columns of a selection that is pinned in the command's home."""
    assert command("eras", "migrate").exit_code == 0
    platform = Platform.from_environment()
    run_stages(platform, take_in(platform, house(tmp_path / "source"))[1])
    (scope,) = scopes(platform)
    return pin_selection(platform, scope).pinned.columns


def test_a_feature_comes_with_its_unit_and_the_selections_that_have_it(
    command: Command, pinned: tuple[str, ...]
) -> None:
    column = next(name for name in pinned if name.startswith("air_temp__"))
    told = json.loads(command("features", "describe", column, "--json").stdout)
    assert (told["feature"], told["sensor"], told["sensor_unit"]) == (column, "air_temp", "°C")
    (used,) = told["selections"]
    assert used.startswith("tiny/calendar/minimal-")
    assert used.endswith(f" v1: 1 of {len(pinned)} columns")
    variance = json.loads(command("features", "describe", "humidity__variance", "--source", "tiny", "--json").stdout)
    assert variance["unit"] == "%²"
    lost = command("features", "describe", "co2__variance").stdout
    assert "not known" in lost
    assert "u²" in lost


def test_a_calculator_comes_with_its_parameters(command: Command, pinned: tuple[str, ...]) -> None:
    told = json.loads(command("features", "describe", "quantile", "--json").stdout)
    assert told["parameters"] == {"q": "the share of the values that lie below, 0 to 1"}
    assert told["selections"] == []
    calculator = pinned[0].split("__")[1]
    (used,) = json.loads(command("features", "describe", calculator, "--json").stdout)["selections"]
    assert f"{sum(f'__{calculator}__' in f'{name}__' for name in pinned)} of " in used


def test_what_there_is_not_is_told(command: Command) -> None:
    result = command("features", "describe", "afd3.air_temp__meen")
    assert result.exit_code == 2
    assert "no calculator 'meen' in the catalogue; near ones are mean" in result.stderr


def test_the_catalogue_is_the_docs_page(command: Command) -> None:
    page = Path(__file__).parents[2] / "docs" / "feature-catalogue.md"
    assert command("features", "catalogue").stdout == page.read_text(encoding="utf-8")
