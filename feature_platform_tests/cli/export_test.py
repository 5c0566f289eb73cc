"""`feature-platform export` where the file cannot be written: one error, and no half a file."""

from pathlib import Path

import polars as pl
import pytest

from feature_platform import load as loading
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.full_disk import Disk
from feature_platform_tests.read_only import OpenFolder

TABLE = pl.DataFrame({"era_id": ["e"] * 20_000, "a__mean": [(n * 7919) % 10_007 / 7 for n in range(20_000)]})
KINDS = ["csv", "parquet"]


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_features", lambda **_: TABLE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk(command: Command, disk: Disk, kind: str) -> None:
    command("export", str(disk.folder.parent / f"warm-up.{kind}"), "--source", "house")  # lays out the home
    file = disk.folder / f"features.{kind}"
    with disk.full():
        result = command("export", str(file), "--source", "house")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {file}: cannot be written (")
    assert "free space" in line
    assert list(disk.folder.iterdir()) == []
    assert command("export", str(file), "--source", "house").exit_code == 0
    assert file.stat().st_size > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_folder(
    command: Command, unwritable: OpenFolder, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(unwritable.path / "home"))
    command("export", f"warm-up.{kind}", "--source", "house")
    file = unwritable.path / f"features.{kind}"
    with unwritable.read_only():
        result = command("export", str(file), "--source", "house")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {file}: cannot be written (Permission denied); free space or give write")
    assert [path.name for path in unwritable.path.iterdir()] == ["home"]


def test_a_folder_that_is_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file stands here", encoding="utf-8")
    result = command("export", str(tmp_path / "taken" / "features.csv"), "--source", "house")
    assert result.exit_code == 2
    assert "taken/features.csv: cannot be written (File exists)" in result.stderr
