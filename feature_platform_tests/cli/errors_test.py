"""Bad input on the command line: one line on stderr that names the place and the cure, and exit code 2."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.read_only import OpenFolder
from feature_platform_tests.tiny_source import tiny_source


def refused(command: Command, *arguments: str) -> str:
    result = command(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


@pytest.mark.parametrize("kind", ["run", "detect", "declare"])
def test_a_source_that_is_not_there(command: Command, kind: str) -> None:
    arguments = {
        "run": ("run", "--source", "nope.yaml"),
        "detect": ("eras", "detect", "--source", "nope.yaml"),
        "declare": ("eras", "declare", "--source", "nope.yaml", "eras.csv"),
    }
    assert "nope.yaml: cannot be read (No such file or directory)" in refused(command, *arguments[kind])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--eras", "monthly"), "--eras 'monthly' is not understood; use calendar:day"),
        (("--eras", "calendar:year"), "--eras 'calendar:year' is not understood"),
        (("--eras", "detected:d"), "--eras 'detected:d' is not understood"),
        (("--eras", "declared:"), "--eras 'declared:' is not understood"),
        (("--eras", "declared:[not there].csv"), "[not there].csv: cannot be read (No such file or directory)"),
        (("--features", "all"), "--features 'all' is none of minimal, efficient, comprehensive"),
    ],
)
def test_options_that_mean_nothing(command: Command, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    source = tiny_source(tmp_path / "source", days=1)
    assert message in refused(command, "run", "--source", str(source.yaml), *arguments)
    assert "no eras" in refused(command, "eras", "list")


def test_an_unknown_zone_and_colliding_sensors_are_told_before_anything_is_done(
    command: Command, tmp_path: Path, home: Path
) -> None:
    source = tiny_source(tmp_path / "source", days=1, time={"columns": [0], "zone": "Europe/Copenhagn"})
    assert "time.zone: time zone 'Europe/Copenhagn' is unknown" in refused(command, "run", "--source", str(source.yaml))
    source.describe(sensors=[{"id": "co2", "column": 1}, {"id": "co2", "column": 2}])
    assert "co2 stands more than once" in refused(command, "run", "--source", str(source.yaml))
    assert not home.exists()


def test_overlapping_declared_eras(command: Command, tmp_path: Path) -> None:
    source = tiny_source(tmp_path / "source", days=4)
    eras = tmp_path / "eras.csv"
    eras.write_text("start,end\n2024-03-01,2024-03-03\n2024-03-02,2024-03-04\n", encoding="utf-8")
    said = refused(command, "eras", "declare", "--source", str(source.yaml), str(eras))
    assert f"{eras}, line 2 and {eras}, line 3: their eras overlap from 2024-03-02 00:00 UTC" in said


def test_a_wrong_dialect(command: Command, tmp_path: Path) -> None:
    source = tiny_source(tmp_path / "source", days=1, csv={"delimiter": ","})
    said = refused(command, "eras", "detect", "--source", str(source.yaml))
    assert (
        "tiny-0.csv: every row is one column when divided at ','; its first line has 3 ';'; set csv.delimiter" in said
    )


def test_an_unknown_level_or_source(command: Command, tmp_path: Path) -> None:
    assert "level 'z' is none of a, b, c, declared, calendar, whole" in refused(command, "eras", "list", "--level", "z")
    assert "source 'house' is not registered" in refused(command, "eras", "list", "--source", "house")


@pytest.mark.parametrize("name", ["features.txt", "features"])
def test_an_export_of_an_unknown_kind(command: Command, name: str) -> None:
    assert "end the name with .parquet or .csv" in refused(command, "export", name, "--source", "house")


def test_an_export_of_an_unknown_source(command: Command) -> None:
    assert "source 'house' is not registered" in refused(command, "export", "features.csv", "--source", "house")


def test_a_file_to_inspect_that_is_not_there(command: Command) -> None:
    assert "nope.csv" in refused(command, "inspect", "nope.csv")


EVERY_COMMAND = [
    ("cost",),
    ("cost", "model"),
    ("cost", "sizes"),
    ("eras", "list"),
    ("eras", "prune"),
    ("export", "features.csv", "--source", "house"),
    ("init", "."),
    ("demo",),
]


@pytest.mark.parametrize("arguments", EVERY_COMMAND, ids=" ".join)
def test_a_home_that_cannot_be_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "taken").write_text("a file stands here", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "taken"))
    (tmp_path / ".feature_platform").write_text("and here", encoding="utf-8")
    said = refused(command, *arguments)
    assert "dagster.yaml: cannot be written (File exists); work in a folder that you may write" in said


@pytest.mark.parametrize("arguments", EVERY_COMMAND, ids=" ".join)
def test_a_read_only_folder(
    command: Command, unwritable: OpenFolder, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    command(*arguments[:1], "--help")
    command("eras", "list")  # imports what a user without rights may not read here
    monkeypatch.setenv("DAGSTER_HOME", str(unwritable.path / "home"))
    monkeypatch.chdir(unwritable.path)
    with unwritable.read_only():
        said = refused(command, *arguments)
    assert "cannot be written (Permission denied); work in a folder that you may write" in said
    assert list(unwritable.path.iterdir()) == []


@pytest.fixture
def closed_port() -> Iterator[int]:
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes it, and it refuses
        yield unheard.getsockname()[1]


def test_a_catalogue_in_a_postgres_that_is_down(
    command: Command, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    url = f"postgresql://grower:hunter2@127.0.0.1:{closed_port}/catalogue"
    monkeypatch.setenv("FEATURE_PLATFORM_CATALOGUE_URL", url)
    said = refused(command, "eras", "list")
    assert "era catalogue postgresql+psycopg2://grower:***@127.0.0.1" in said
    assert "check that the database runs and that host, port, user and password fit" in said
    assert "hunter2" not in said


def test_a_source_in_a_postgres_that_is_down(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HOUSE_URL", f"postgresql://grower:hunter2@127.0.0.1:{closed_port}/house")
    source = tiny_source(
        tmp_path / "source", days=1, format="postgres", postgres={"url_env": "HOUSE_URL", "table": "readings"}
    )
    said = refused(command, "eras", "detect", "--source", str(source.yaml))
    assert f"source tiny: database 'house' on 127.0.0.1:{closed_port} cannot be reached" in said
    assert "start it or correct HOUSE_URL" in said
    assert "hunter2" not in said
