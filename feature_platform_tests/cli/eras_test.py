"""`feature-platform eras`: what is printed for people, and for scripts."""

import json
from pathlib import Path

import pytest

from feature_platform.cli import output
from feature_platform.eras.tables import SCHEMA_REVISION
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.tiny_source import TinySource, tiny_source

LABEL = "[/bold] late"


@pytest.fixture
def source(tmp_path: Path) -> TinySource:
    return tiny_source(tmp_path / "source", days=4, simulated=True)


@pytest.fixture
def declared(command: Command, source: TinySource, tmp_path: Path) -> list[dict[str, object]]:
    """Two eras declared by the command, as it prints them for scripts."""
    file = tmp_path / "eras.csv"
    file.write_text(f"start,end,label\n2024-03-01,2024-03-02,{LABEL}\n2024-03-02,2024-03-05,\n", encoding="utf-8")
    result = command("eras", "declare", "--source", str(source.yaml), str(file), "--json")
    assert result.exit_code == 0
    printed: list[dict[str, object]] = json.loads(result.stdout)
    return printed


def test_declared_eras_are_counted_and_printed_as_json(declared: list[dict[str, object]]) -> None:
    assert [(era["start"], era["end"], era["label"], era["readings"]) for era in declared] == [
        ("2024-03-01T00:00:00+00:00", "2024-03-02T00:00:00+00:00", LABEL, 144 * 3),
        ("2024-03-02T00:00:00+00:00", "2024-03-05T00:00:00+00:00", None, 3 * 144 * 3),
    ]
    assert {era["source"] for era in declared} == {"tiny"}
    assert all(era["simulated"] and era["data_version"] and not era["superseded_by"] for era in declared)


def test_the_list_is_the_same_and_its_filters_filter(command: Command, declared: list[dict[str, object]]) -> None:
    assert json.loads(command("eras", "list", "--json").stdout) == declared
    assert json.loads(command("eras", "list", "--source", "tiny", "--level", "declared", "--json").stdout) == declared
    assert json.loads(command("eras", "list", "--level", "calendar", "--json").stdout) == []


def test_the_table_shows_labels_as_they_are_and_that_nothing_was_measured(
    command: Command, declared: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.out, "width", 220)
    printed = command("eras", "list").stdout
    assert LABEL in printed
    assert "simulated data: tiny" in printed


def test_a_narrow_terminal_leaves_ids_whole(
    command: Command, declared: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.out, "width", 80)
    printed = command("eras", "list").stdout
    assert all(f" {era['era']} " in printed for era in declared)


def test_superseded_eras_are_listed_when_asked_for_and_pruned(
    command: Command, source: TinySource, tmp_path: Path, declared: list[dict[str, object]]
) -> None:
    file = tmp_path / "other.csv"
    file.write_text("start,end\n2024-03-01,2024-03-05\n", encoding="utf-8")
    command("eras", "declare", "--source", str(source.yaml), str(file))
    (current,) = json.loads(command("eras", "list", "--json").stdout)
    every = json.loads(command("eras", "list", "--superseded", "--json").stdout)
    assert {era["era"] for era in every} == {era["era"] for era in [*declared, current]}
    assert all(era["superseded_by"] == [current["era"]] for era in every if era != current)
    pruned = command("eras", "prune")
    assert (pruned.exit_code, pruned.stderr) == (0, "2 superseded eras pruned\n")
    assert json.loads(command("eras", "list", "--superseded", "--json").stdout) == [current]


def test_the_catalogue_of_a_first_installation_is_made_before_there_is_any_era(command: Command) -> None:
    result = command("eras", "migrate")
    assert result.exit_code == 0
    assert f"schema {SCHEMA_REVISION}" in result.stderr
    assert command("eras", "list", "--json").stdout.strip() == "[]"


def test_the_catalogue_is_left_to_an_older_version_by_the_number_of_its_schema(command: Command) -> None:
    assert command("eras", "migrate", "--to", "0002").stderr == "the era catalogue has schema 0002\n"
    refused = command("eras", "migrate", "--to", "2")
    assert refused.exit_code == 2
    assert "knows no schema '2'; take one of 0001, 0002" in " ".join(refused.stderr.split())
