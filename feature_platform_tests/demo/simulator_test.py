import shutil
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from feature_platform.demo.export import csv_export
from feature_platform.demo.faults import UNREADABLE
from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.simulator import DemoFiles, write_demo
from feature_platform.demo.year import Simulation
from feature_platform.eras.declared import declared_eras
from feature_platform.errors import SourceError
from feature_platform.sources.description import SourceDescription, load_description

THRESHOLD = 1_000_000


@pytest.fixture(scope="module")
def description(files: DemoFiles) -> SourceDescription:
    return load_description(files.source_yaml)


@pytest.fixture(scope="module")
def table(files: DemoFiles, description: SourceDescription) -> pl.DataFrame:
    """The export as Polars alone reads it."""
    return (
        pl.read_csv(
            files.csv,
            separator=";",
            skip_lines=3,
            has_header=False,
            new_columns=["local", *(sensor.id for sensor in description.sensors)],
            infer_schema=False,
        )
        .with_row_index()
        .with_columns(pl.col("local").str.to_datetime("%d-%m-%Y %H:%M:%S"))
        .with_columns(
            pl.col(sensor.id).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
            for sensor in description.sensors
        )
    )


def test_the_same_seed_writes_the_same_bytes(files: DemoFiles, simulation: Simulation) -> None:
    assert files.csv.read_bytes() == csv_export(simulation)


def test_every_file_and_header_says_that_it_is_simulated(files: DemoFiles, description: SourceDescription) -> None:
    assert description.simulated
    assert all("SIMULATED" in sensor.location for sensor in description.sensors)
    assert files.csv.read_text(encoding="utf-8").startswith('"SIMULATED')
    for yaml_file in (files.source_yaml, files.eras_yaml):
        assert "SIMULATED" in yaml_file.read_text(encoding="utf-8").splitlines()[0]


def test_the_export_is_written_as_climate_computers_write(files: DemoFiles, lines: list[str]) -> None:
    content = files.csv.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == len(lines) + 3
    header = content.decode().split("\r\n")[:3]
    assert [row.count(";") for row in header] == [24, 24, 24]
    quantities = header[0].split(";")[1:]
    assert len(set(quantities)) < len(quantities)  # only quantity and location together are unique
    assert lines[0].startswith('"01-01-2024 00:00:00";')
    assert lines[-1].startswith('"31-12-2024 23:55:00";')
    assert sum(line.count('""') for line in lines) > 10_000
    assert sum(line.count(UNREADABLE) for line in lines) == 12
    assert "." not in "".join(lines)


def test_the_description_names_each_column_by_its_header(files: DemoFiles, description: SourceDescription) -> None:
    header = [row.split(";") for row in files.csv.read_text(encoding="utf-8").split("\n")[:3]]
    for sensor in description.sensors:
        assert sensor.column is not None
        assert sensor.header == tuple(row[sensor.column].strip('"\r') for row in header)
        assert sensor.range is not None
    assert {sensor.kind for sensor in description.sensors} == {"continuous", "binary", "setpoint", "counter"}
    assert len({sensor.id.partition(".")[0] for sensor in description.sensors}) == 3


def test_the_spring_hour_is_lost_and_the_autumn_hour_doubled_in_order(lines: list[str]) -> None:
    times = [line[1:20] for line in lines]
    assert not [time for time in times if time.startswith("31-03-2024 02")]
    doubled = [time for time in times if time.startswith("27-10-2024 02")]
    once = [f"27-10-2024 02:{minute:02}:00" for minute in range(0, 60, 5)]
    assert doubled == once + once
    assert {time for time, count in Counter(times).items() if count > 1} == set(once)


def test_rows_are_absent_while_the_computer_was_off(lines: list[str]) -> None:
    assert len(lines) == 366 * 288 - (5 + 28) * 12
    assert not [line for line in lines if line.startswith('"11-08-2024 10')]


def test_eras_cover_the_year_without_overlap_and_differ_widely(
    files: DemoFiles, description: SourceDescription, table: pl.DataFrame
) -> None:
    assert description.eras.file == files.eras_yaml.name
    eras = declared_eras(description.source, files.eras_yaml, zone=description.time.zone)
    assert len(eras) == 12
    assert all(before.end == after.start for before, after in pairwise(eras))
    assert sum((era.end - era.start for era in eras), timedelta()) == timedelta(days=366)
    assert min(era.end - era.start for era in eras) < timedelta(days=1)

    sensors = [instrument.id for instrument in INSTRUMENTS]
    instants = table.with_columns(
        time=pl.col("local").dt.replace_time_zone("Europe/Copenhagen", ambiguous="earliest").dt.convert_time_zone("UTC")
    )
    counts = [
        sum(
            column.count()
            for column in instants.filter((pl.col("time") >= era.start) & (pl.col("time") < era.end))
            .select(sensors)
            .iter_columns()
        )
        for era in eras
    ]
    assert max(counts) > THRESHOLD
    assert sorted(counts)[-2] < THRESHOLD / 2
    assert min(counts) > 1000
    assert all(era.label for era in eras)


def test_a_second_demo_replaces_the_first_with_the_feature_set_it_is_asked_for(
    files: DemoFiles, description: SourceDescription, tmp_path: Path
) -> None:
    folder = shutil.copytree(files.csv.parent, tmp_path / "demo")
    second = write_demo(folder, feature_set="minimal")
    assert description.features.feature_set == "efficient"
    assert load_description(second.source_yaml).features.feature_set == "minimal"
    assert second.csv.read_bytes() == files.csv.read_bytes()
    assert sorted(folder.iterdir()) == sorted([second.source_yaml, second.csv, second.eras_yaml])


def test_a_description_that_is_no_demos_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text("source: mine\n")
    with pytest.raises(SourceError, match=r"source\.yaml: is not a demo's description; write the demo into a folder"):
        write_demo(tmp_path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("source.yaml", "source: mine\n")]


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match=r"file/demo: the demo cannot be written there \(Not a directory\)"):
        write_demo(tmp_path / "file" / "demo")
