"""The notebooks run from top to bottom, and print what they show."""

from pathlib import Path

import pytest

from feature_platform_tests.notebooks import FOLDER, NAMES, code_cells, executed, printed, read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


def test_every_notebook_is_executed() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_prints_what_it_shows(name: str, folder: Path) -> None:
    shown = printed(read(name))
    assert any(shown)
    assert printed(executed(name, folder)) == shown, "write it anew: make notebooks"


def test_from_csv_to_a_model_takes_less_than_40_lines() -> None:
    lines = "\n".join(cell.source for cell in code_cells(read("csv-to-model"))).splitlines()
    assert 20 < len([line for line in lines if line.strip()]) < 40
