from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feature_platform.sources.inspection import clocks, sampling
from feature_platform_tests.sources.foreign_exports import Style, write_export
from feature_platform_tests.sources.foreign_import import imported, inspected, readings_by_column

SPRING = datetime(2015, 3, 28, 12, tzinfo=UTC)
AUTUMN = datetime(2015, 10, 24, 12, tzinfo=UTC)
DANISH = Style(clock=("%Y-%m-%d", "%H:%M"), headers="names", rows=300)


@pytest.fixture(autouse=True)
def _machine_without_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "Etc/GMT-1"])
def test_rows_around_a_clock_change_tell_whether_the_clock_follows_it(
    tmp_path: Path, start: datetime, zone: str
) -> None:
    style = replace(DANISH, start=start, zone=zone)
    expected = write_export(tmp_path / "export.csv", style)
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == zone
    store = imported(tmp_path, described)
    assert readings_by_column(store, described, style) == sorted(expected)
    assert [entry.rejected for entry in store.imports("export").values()] == [{}]


@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "Etc/GMT-1"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_the_clock_change_is_found_in_a_large_file_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, *, newest_first: bool
) -> None:
    style = replace(DANISH, start=datetime(2015, 3, 1, tzinfo=UTC), rows=10_000, zone=zone)
    write_export(tmp_path / "export.csv", style)
    if newest_first:
        title, *rows = (tmp_path / "export.csv").read_bytes().splitlines(keepends=True)
        (tmp_path / "export.csv").write_bytes(b"".join([title, *reversed(rows)]))
    monkeypatch.setattr(sampling, "WHOLE_BYTES", 10_000)
    monkeypatch.setattr(sampling, "HEAD_BYTES", 8_000)
    monkeypatch.setattr(sampling, "PIECE_BYTES", 4_000)
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == zone
    assert "from 02:00 to 03:00 on 2015-03-29" in text


def test_without_a_clock_change_the_headers_language_is_all_there_is(tmp_path: Path) -> None:
    write_export(tmp_path / "export.csv", replace(DANISH, start=datetime(2015, 7, 1, tzinfo=UTC)))
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == "Europe/Copenhagen"
    assert "# guessed from the headers' language; no row stands where clocks change" in text


@pytest.mark.parametrize(
    ("header", "zone"),
    [
        ("Tijd;Kas temperatuur;Luchtvochtigheid", "Europe/Amsterdam"),
        ("Zeit;Lufttemperatur;Luftfeuchte", "Europe/Berlin"),
        ("Heure;Température serre;Humidité", "Europe/Paris"),
        ("Tid;Lufttemperatur växthus;Luftfuktighet", "Europe/Stockholm"),
        ("Fecha;Temperatura;Humedad invernadero", "Europe/Madrid"),
        ("Time;Air temperature;Humidity", "UTC"),
    ],
)
def test_the_language_of_the_headers_names_the_country(tmp_path: Path, header: str, zone: str) -> None:
    rows = [f"2015-07-01 {hour:02d}:00;20,5;{hour}" for hour in range(24)]
    (tmp_path / "export.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == zone


def english(folder: Path, start: datetime, zone: str) -> Path:
    write_export(folder / "export.csv", replace(DANISH, headers="none", start=start, zone=zone))
    return folder / "export.csv"


@pytest.mark.parametrize(
    ("start", "zone", "proposed"),
    [
        (SPRING, "Europe/Paris", "Europe/Berlin"),
        (SPRING, "Europe/London", "Europe/London"),
        (datetime(2015, 3, 7, 12, tzinfo=UTC), "America/Chicago", "America/New_York"),
        (SPRING, "UTC", "UTC"),
    ],
)
def test_where_no_language_tells_the_hour_that_is_missing_does(
    tmp_path: Path, start: datetime, zone: str, proposed: str
) -> None:
    described, text = inspected(tmp_path, [english(tmp_path, start, zone)])
    assert described.time.zone == proposed
    assert "name the right one" in text


def test_the_machines_own_zone_is_the_guess_where_no_language_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    described, text = inspected(tmp_path, [english(tmp_path, SPRING, "Asia/Tokyo")])
    assert described.time.zone == "Asia/Tokyo"
    assert "guessed from this machine's zone" in text


def test_a_zone_that_is_given_is_taken_and_what_the_rows_say_is_told(tmp_path: Path) -> None:
    write_export(tmp_path / "export.csv", replace(DANISH, start=SPRING))
    described, text = inspected(tmp_path, [tmp_path / "export.csv"], zone="Europe/Copenhagen")
    assert described.time.zone == "Europe/Copenhagen"
    assert "zone as given; 12 rows from 02:00 to 03:00 on 2015-03-29, which daylight saving time skips" in text


@pytest.mark.parametrize("clock", [("%Y-%m-%dT%H:%M:%S%z",), ("%s",)])
def test_times_that_say_their_offset_need_no_zone(tmp_path: Path, clock: tuple[str, ...]) -> None:
    style = replace(DANISH, clock=clock, start=AUTUMN, zone="Europe/Copenhagen")
    expected = write_export(tmp_path / "export.csv", style)
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == "UTC"
    assert "the times themselves say their zone" in text
    assert readings_by_column(imported(tmp_path, described), described, style) == sorted(expected)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("Europe/Copenhagen", "Etc/GMT-1"),
        ("Europe/London", "UTC"),
        ("America/New_York", "Etc/GMT+5"),
        ("Australia/Sydney", "Etc/GMT-10"),
        ("Asia/Kolkata", "Asia/Kolkata"),
    ],
)
def test_a_clock_without_summer_time_keeps_the_zones_standard_time(zone: str, offset: str) -> None:
    assert clocks.fixed_offset(zone) == offset


def test_rows_farther_apart_than_the_change_is_long_tell_nothing(tmp_path: Path) -> None:
    style = replace(DANISH, start=SPRING - timedelta(days=20), step=timedelta(hours=3), zone="Etc/GMT-1")
    write_export(tmp_path / "export.csv", style)
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.zone == "Europe/Copenhagen"
    assert "no row stands where clocks change" in text
