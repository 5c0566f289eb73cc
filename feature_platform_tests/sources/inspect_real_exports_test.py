import csv
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from feature_platform.sources.summary import summarise
from feature_platform_tests.sources.foreign_import import EVER, imported, inspected

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(
    ("pattern", "zone", "times", "readings", "sensors"),
    [
        ("knudjepsen/NO3_LAMPEGRP_1.csv", "Etc/GMT-1", 105_697, 1_022_619, 10),
        ("knudjepsen/NO3NO4.extra.csv", "Etc/GMT-1", 105_409, 819_368, 8),
        ("aarslev/celle5/*.csv", "Europe/Copenhagen", 30_522, 385_108, 17),
    ],
)
def test_a_proposed_description_imports_the_export_as_it_stands(
    tmp_path: Path, real_data: Path, *, pattern: str, zone: str, times: int, readings: int, sensors: int
) -> None:
    described, _ = inspected(tmp_path, sorted(real_data.glob(pattern)))
    assert described.time.zone == zone
    found = summarise(imported(tmp_path, described), described.source)
    assert (found.times, found.readings, found.sensors, found.rejected) == (times, readings, sensors, {})


def test_quantities_that_repeat_become_sensors_by_their_location(tmp_path: Path, real_data: Path) -> None:
    described, _ = inspected(tmp_path, [real_data / "knudjepsen/NO3NO4.extra.csv"])
    assert [sensor.id for sensor in described.sensors] == [
        "afd_3.mal_fd",
        "afd_3.mal_rf",
        "afd_3_vent_reg.mal_lae",
        "afd_3_vent_reg.mal_vind",
        "afd_4.mal_fd",
        "afd_4.mal_rf",
        "afd_4_vent_reg.mal_lae",
        "afd_4_vent_reg.mal_vind",
    ]


def test_what_the_columns_hold_is_recognised(tmp_path: Path, real_data: Path) -> None:
    described, text = inspected(tmp_path, sorted(real_data.glob("aarslev/celle5/*.csv")))
    sensors = {sensor.id: sensor for sensor in described.sensors}
    assert {"celle_5.column_11", "celle_5.column_12"} < set(sensors)
    assert sensors["celle_5.co2_krav"].kind == "setpoint"
    assert sensors["celle_5.luftfugtighed"].range == (0.0, 105.0)
    assert described.preprocessing.model_dump(mode="json")["step"] == "10m"
    # The logger wrote -214748000 degrees once.
    assert "# 1 of 22654 values lie outside the range and will be null in the frame\n  - id: celle_5.udetemp" in text
    described, _ = inspected(tmp_path, [real_data / "knudjepsen/NO3_LAMPEGRP_1.csv"])
    kinds = {sensor.id: sensor.kind for sensor in described.sensors}
    assert kinds.pop("bel_system_3_lampgrp_1.malt_status") == "binary"
    assert set(kinds.values()) == {"continuous"}


@pytest.mark.parametrize(
    ("clock", "delimiter", "decimal", "thousands", "encoding"),
    [
        (["%m/%d/%Y %I:%M %p"], ",", ".", ",", "utf-8-sig"),
        (["%d.%m.%y", "%H:%M"], ";", ",", ".", "cp1252"),
        (["%Y-%m-%dT%H:%M:%S"], "\t", ".", " ", "utf-16"),
        (["%-d/%-m/%Y %-H.%M"], "|", ",", "'", "cp850"),
    ],
)
@pytest.mark.parametrize(
    ("name", "titles", "days"), [("knudjepsen/NO3_LAMPEGRP_1.csv", 3, 1), ("aarslev/celle5/2014-03.csv", 1, 2)]
)
def test_the_makers_exports_are_read_alike_however_they_write_numbers_and_dates(
    tmp_path: Path,
    real_data: Path,
    *,
    name: str,
    titles: int,
    days: int,
    clock: list[str],
    delimiter: str,
    decimal: str,
    thousands: str,
    encoding: str,
) -> None:
    """`days` columns of the original hold the time."""
    with (real_data / name).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle, delimiter=";"))
    rows = [*rows[:titles], *rows[titles + 2000 : titles + 6000]]
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    with plain.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows(rows)
    with other.open("w", encoding=encoding, newline="") as handle:
        writer = csv.writer(handle, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        for row in rows[:titles]:
            writer.writerow([*[""] * len(clock), *row[days:]])
        for row in rows[titles:]:
            original = "%d-%m-%Y %H:%M:%S" if days == 1 else "%Y-%m-%d %H:%M:%S"
            time = datetime.strptime(" ".join(row[:days]), original)  # noqa: DTZ007 - a wall clock
            numbers = [_rewritten(text, decimal, thousands) for text in row[days:]]
            writer.writerow([*(time.strftime(part) for part in clock), *numbers])
    found = []
    for path, shift in ((plain, days), (other, len(clock))):
        folder = tmp_path / path.stem
        folder.mkdir()
        described, _ = inspected(folder, [path])
        places = {sensor.id: (sensor.column or 0) - shift for sensor in described.sensors}
        table = imported(folder, described).scan(described.source, *EVER).collect()
        found.append(table.with_columns(pl.col("sensor_id").replace_strict(places)).sort("sensor_id", "time"))
    assert found[0].height > 30_000
    assert found[1].equals(found[0])


def _rewritten(text: str, decimal: str, thousands: str) -> str:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.replace(",", ".").partition(".")
    if not whole.isdigit():
        return text
    return f"{sign}{f'{int(whole):,}'.replace(',', thousands)}{decimal if point else ''}{rest}"
