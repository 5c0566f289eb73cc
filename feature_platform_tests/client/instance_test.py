"""Opening the deployment's Dagster instance: what is wrong with it is told with the file and the cure."""

from pathlib import Path

import pytest

from feature_platform.client.instance import opened_instance
from feature_platform.errors import FeaturePlatformError, StorageError
from feature_platform.templates import lay_out_home
from feature_platform_tests.full_disk import Disk
from feature_platform_tests.read_only import OpenFolder


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    lay_out_home(folder)


def open_it() -> None:
    with opened_instance():
        pass


def test_a_sound_home_opens_with_queue_and_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)
    with opened_instance() as instance:
        assert type(instance.run_launcher).__name__ == "RoutedRunLauncher"


@pytest.mark.parametrize("home", ["", "relative/folder"])
def test_a_home_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("DAGSTER_HOME", home)
    with pytest.raises(FeaturePlatformError, match=r"DAGSTER_HOME is .*set it to the absolute path of a folder"):
        open_it()


def test_a_damaged_dagster_yaml_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)
    text = (tmp_path / "dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text.replace("routes:", "roads:"), encoding="utf-8")
    with pytest.raises(FeaturePlatformError, match=r"dagster\.yaml: cannot be loaded .*roads.*feature-platform init"):
        open_it()


def test_a_storage_that_is_read_only_is_told(
    unwritable: OpenFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(tmp_path, monkeypatch)
    open_it()  # imports everything
    enter(unwritable.path, monkeypatch)
    with (
        unwritable.read_only(),
        pytest.raises(StorageError, match=rf"{unwritable.path}: Dagster's own storage cannot .*give write access"),
    ):
        open_it()
    open_it()


def test_a_storage_without_room_is_told(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(disk.folder, monkeypatch)
    with disk.full(), pytest.raises(StorageError, match=r"Dagster's own storage cannot be used .*free space"):
        open_it()


def test_a_storage_folder_that_is_a_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, monkeypatch)
    (tmp_path / "history").write_text("a file stands here", encoding="utf-8")
    with pytest.raises(StorageError, match=r"Dagster's own storage cannot be used .*File exists"):
        open_it()
