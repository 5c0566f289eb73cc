"""A description that breaks a rule: one error that names the file, the key and the cure."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform.errors import SourceError
from feature_platform.sources.description import SourceDescription, load_description
from feature_platform_tests.read_only import OpenFolder, stepped_down

SOUND: dict[str, Any] = {"source": "house", "files": ["*.csv"], "sensors": [{"id": "air_temp", "column": 1}]}


def load(folder: Path, **changes: object) -> SourceDescription:
    path = folder / "house.yaml"
    path.write_text(yaml.safe_dump({**SOUND, **changes}, allow_unicode=True), encoding="utf-8")
    return load_description(path)


def refused(folder: Path, **changes: object) -> str:
    with pytest.raises(SourceError) as caught:
        load(folder, **changes)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'house.yaml'}: ")
    return message


@pytest.mark.parametrize(
    "zone", ["Europe/Copenhagn", "Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "x" * 300, "Europe", "\0"]
)
def test_an_unknown_zone_is_named_with_the_cure(tmp_path: Path, zone: str) -> None:
    message = refused(tmp_path, time={"zone": zone})
    assert f"time.zone: time zone {zone!r} is unknown; use an IANA name such as Europe/Copenhagen" in message


@pytest.mark.parametrize(
    "sensor_id",
    ['say "hi"', "a;b", "air__temp", "_air", "air.", "a/b", "../a", "..", "\U0001f345", "x" * 300, "Air", "a,b", ""],
)
def test_a_sensor_id_that_is_no_slug_is_named_with_the_rule(tmp_path: Path, sensor_id: str) -> None:
    message = refused(tmp_path, sensors=[{"id": "air_temp", "column": 1}, {"id": sensor_id, "column": 2}])
    assert f"sensors.1.id: sensor id {sensor_id!r} must be lower case letters and digits" in message
    assert "'__' is tsfresh's separator" in message


def test_sensors_of_one_id_are_named(tmp_path: Path) -> None:
    twice = [{"id": name, "column": column} for column, name in enumerate(("co2", "air_temp", "co2", "air_temp"))]
    assert "sensor ids must be unique; air_temp, co2 stands more than once" in refused(tmp_path, sensors=twice)


@pytest.mark.parametrize("name", ["a,b", "a/b", "..", "a b", "House", "-x", "\U0001f345", "x" * 33, "a.b", ""])
def test_a_source_name_that_would_break_an_era_id_is_refused(tmp_path: Path, name: str) -> None:
    assert f"source: source name {name!r} must be 1 to 32 lower case letters" in refused(tmp_path, source=name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sensors": []}, "sensors: "),
        ({"files": []}, "format csv needs files: a list of paths or globs"),
        ({"format": "postgres"}, "format postgres needs a postgres: section that names the table"),
        ({"sensors": [{"id": "a"}]}, "sensors a need a column (position) or a header"),
        ({"sensors": [{"id": "time", "column": 1}]}, "sensors.0.id: sensor id 'time' is the name of a column that"),
        ({"sensors": [{"id": "a", "column": 1, "range": [5, 5]}]}, "sensors.0.range: range (5.0, 5.0) must be"),
        ({"csv": {"encoding": "utf-99"}}, "csv.encoding: encoding 'utf-99' is unknown; use one such as utf-8"),
        ({"csv": {"delimiter": '"'}}, "csv: delimiter and quote are both '\"'"),
        ({"csv": {"decimal": ",", "thousands": ","}}, "csv: decimal and thousands are both ','"),
        ({"csv": {"delimiter": "§"}}, "csv: delimiter and quote must be ASCII characters"),
        ({"eras": {"unit": "fortnight"}}, "eras.unit: calendar unit 'fortnight' is none of day, week, month, Nd"),
        ({"preprocessing": {"step": "5 parsecs"}}, "'5 parsecs' is no duration; write a number and one of s, m, h"),
        ({"preprocessing": {"scaling": "z"}}, "scaling 'z' needs scaling_eras"),
        ({"senors": []}, "senors: "),
    ],
)
def test_a_broken_rule_is_told_with_its_key(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    assert message in refused(tmp_path, **changes)


def test_all_broken_rules_are_told_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, source="A", time={"zone": "B"}, csv={"encoding": "C"})
    assert all(key in message for key in ("source: ", "time.zone: ", "csv.encoding: "))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"source: [", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        (b"", "is not a source description"),
        (b"- a\n", "is not a source description"),
    ],
)
def test_a_file_that_is_no_description_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "house.yaml"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"house\.yaml: {message}"):
        load_description(path)


def test_a_file_that_is_not_there_or_may_not_be_read_is_named(tmp_path: Path, unwritable: OpenFolder) -> None:
    with pytest.raises(SourceError, match=r"house\.yaml: cannot be read \(No such file.*name an existing source YAML"):
        load_description(tmp_path / "house.yaml")
    path = unwritable.path / "house.yaml"
    path.write_text("source: house\n", encoding="utf-8")
    path.chmod(0)
    with stepped_down(), pytest.raises(SourceError, match=r"house\.yaml: cannot be read \(Permission denied\)"):
        load_description(path)
