from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feature_platform.errors import SourceError
from feature_platform.sources.inspection import sampling
from feature_platform.sources.inspection.propose import propose_description
from feature_platform_tests.sources.foreign_exports import CHANNELS, Style, write_export
from feature_platform_tests.sources.foreign_import import imported, inspected, readings_by_column

CLOCKS: list[tuple[str, ...]] = [
    ("%d-%m-%Y %H:%M:%S",),
    ("%Y-%m-%d %H:%M",),
    ("%m/%d/%Y %I:%M %p",),
    ("%d.%m.%y %H:%M",),
    ("%Y-%m-%dT%H:%M:%S",),
    ("%Y-%m-%dT%H:%M:%S.000%z",),
    ("%d/%m/%Y %H:%M:%S",),
    ("%y-%m-%d %H:%M",),
    ("%d-%m-%Y %H.%M",),
    ("%d-%b-%Y %H:%M",),
    ("%d. %B %Y %H:%M",),
    ("%Y%m%d %H%M",),
    ("%s",),
    ("%Y-%m-%d", "%H:%M:%S"),
    ("%m/%d/%Y", "%I:%M:%S %p"),
    ("%d.%m.%Y", "%H:%M"),
    ("%Y%m%d", "%H%M"),
]

styles = st.builds(
    Style,
    delimiter=st.sampled_from(";,\t|"),
    decimal=st.sampled_from(".,"),
    thousands=st.sampled_from(["", ".", ",", " ", "'", "\u00a0"]),
    clock=st.sampled_from(CLOCKS),
    clock_at=st.sampled_from([0, 2, len(CHANNELS)]),
    headers=st.sampled_from(
        ["none", "names", "names in brackets", "names, units", "quantities, places, units", "preamble"]
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp850"]),
    quoting=st.sampled_from(["texts", "all"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    # Days of 12 and less only, and days beyond.
    start=st.sampled_from([datetime(2015, 9, 3, 20, tzinfo=UTC), datetime(2015, 12, 28, 9, tzinfo=UTC)]),
    missing=st.sampled_from(["", "NaN", "-", "n/a"]),
    seed=st.integers(0, 1000),
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(style=styles)
def test_whatever_an_export_does_to_its_numbers_and_dates_the_readings_are_the_same(style: Style) -> None:
    assume(style.is_sound)
    with TemporaryDirectory() as name:
        folder = Path(name)
        expected = write_export(folder / "export.csv", style)
        described, _ = inspected(folder, [folder / "export.csv"], zone=style.zone)
        store = imported(folder, described)
        assert readings_by_column(store, described, style) == sorted(expected)
        (entry,) = store.imports(described.source).values()
        assert entry.rejected == {}


@pytest.mark.parametrize("clock", CLOCKS, ids=" ".join)
def test_every_way_to_write_a_time_is_recognised(tmp_path: Path, clock: tuple[str, ...]) -> None:
    style = Style(clock=clock, rows=400, zone="Europe/Copenhagen")
    expected = write_export(tmp_path / "export.csv", style)
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"], zone=style.zone)
    assert readings_by_column(imported(tmp_path, described), described, style) == sorted(expected)


@pytest.mark.parametrize("clock", ["%d-%m-%Y %H:%M", "%m/%d/%Y %H:%M", "%y.%m.%d %H:%M"])
def test_times_without_leading_zeros_are_read(tmp_path: Path, clock: str) -> None:
    style = Style(clock=(clock,), padded=False, start=datetime(2015, 12, 28, tzinfo=UTC), rows=3000)
    expected = write_export(tmp_path / "export.csv", style)
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"], zone=style.zone)
    assert readings_by_column(imported(tmp_path, described), described, style) == sorted(expected)


@pytest.mark.parametrize("clock", ["%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M"])
def test_day_and_month_are_told_apart_by_even_steps_where_no_day_is_over_twelve(tmp_path: Path, clock: str) -> None:
    style = Style(clock=(clock,), start=datetime(2015, 9, 3, 20, tzinfo=UTC), rows=400)
    expected = write_export(tmp_path / "export.csv", style)
    described, text = inspected(tmp_path, [tmp_path / "export.csv"], zone=style.zone)
    assert readings_by_column(imported(tmp_path, described), described, style) == sorted(expected)
    assert "fit alike" not in text


def test_day_and_month_that_nothing_tells_apart_are_said_to_be_so(tmp_path: Path) -> None:
    write_export(tmp_path / "export.csv", Style(start=datetime(2015, 9, 3, 1, tzinfo=UTC), rows=20))
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.format == "%d-%m-%Y %H:%M:%S"
    assert "# %d-%m-%Y %H:%M:%S and %m-%d-%Y %H:%M:%S fit alike" in text


def test_the_months_name_in_the_files_name_tells_day_and_month_apart(tmp_path: Path) -> None:
    write_export(tmp_path / "2015-03-09.csv", Style(start=datetime(2015, 9, 3, 1, tzinfo=UTC), rows=20))
    described, _ = inspected(tmp_path, [tmp_path / "2015-03-09.csv"])
    assert described.time.format == "%m-%d-%Y %H:%M:%S"


def test_a_date_that_is_still_to_come_is_another_date(tmp_path: Path) -> None:
    style = Style(clock=("%y-%m-%d %H:%M",), start=datetime(2009, 9, 30, 5, tzinfo=UTC), rows=20)
    write_export(tmp_path / "export.csv", style)
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.time.format == "%y-%m-%d %H:%M"


def test_a_single_row_under_many_titles_is_found(tmp_path: Path) -> None:
    style = Style(headers="preamble", rows=1)
    expected = write_export(tmp_path / "export.csv", style)
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"], zone=style.zone)
    assert readings_by_column(imported(tmp_path, described), described, style) == sorted(expected)


def test_files_of_single_days_tell_day_and_month_apart_together(tmp_path: Path) -> None:
    style = Style(clock=("%m-%d-%Y %H:%M",), rows=288)
    starts = [datetime(2015, 9, day, 23, tzinfo=UTC) for day in (1, 2, 3)]
    for number, start in enumerate(starts):
        write_export(tmp_path / f"{number}.csv", replace(style, start=start))
    described, _ = inspected(tmp_path, sorted(tmp_path.glob("*.csv")))
    assert described.time.format == "%m-%d-%Y %H:%M"


def numbers(tmp_path: Path, texts: list[str], unit: str = "x", delimiter: str = ";") -> list[float]:
    """Inspect and import a column of texts, one every hour."""
    first = datetime(2015, 9, 20, tzinfo=UTC)
    rows = [f"{first + timedelta(hours=n):%Y-%m-%d %H:%M}{delimiter}{text}" for n, text in enumerate(texts)]
    (tmp_path / "n.csv").write_text("\n".join([f"time{delimiter}value [{unit}]", *rows]) + "\n", encoding="utf-8")
    described, _ = inspected(tmp_path, [tmp_path / "n.csv"], zone="UTC")
    store = imported(tmp_path, described)
    (entry,) = store.imports("n").values()
    assert entry.rejected == {}
    values: list[float] = store.scan("n", first, datetime(2016, 1, 1, tzinfo=UTC)).collect()["value"].to_list()
    return values


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234,5", "987,25"], [1234.5, 987.25]),
        (["1,234.5", "987.25"], [1234.5, 987.25]),
        (["1 234,5", "987,25"], [1234.5, 987.25]),
        (["1'234.5", "987.25"], [1234.5, 987.25]),
        (["1234,5", "0,25"], [1234.5, 0.25]),
        (["1.234.567", "2"], [1234567.0, 2.0]),
        (["1.234", "0.987"], [1.234, 0.987]),
        (["1,234", "0,987"], [1.234, 0.987]),
        (["1.234", "20.5"], [1.234, 20.5]),
        (["1.234", "20,5"], [1234.0, 20.5]),
        (["1,234", "20.5"], [1234.0, 20.5]),
        (["998", "999", "1.001", "1.002"], [998.0, 999.0, 1001.0, 1002.0]),
        (["998", "999", "1,001", "1,002"], [998.0, 999.0, 1001.0, 1002.0]),
        (["1.001", "1", "1.002", "1"], [1.001, 1.0, 1.002, 1.0]),
        (["8.94135e-009", "1E+3"], [8.94135e-9, 1000.0]),
        (["+1,5", "-2,5", "\u22123,5"], [1.5, -2.5, -3.5]),
        ([" 1,5 ", "2,5"], [1.5, 2.5]),
        ([",5", "2,"], [0.5, 2.0]),
        (["1234", "5"], [1234.0, 5.0]),
    ],
)
def test_decimal_and_thousands_signs_are_told_apart(tmp_path: Path, texts: list[str], expected: list[float]) -> None:
    assert numbers(tmp_path, texts * 5) == expected * 5


def test_a_lone_sign_before_three_digits_is_read_as_the_unit_allows(tmp_path: Path) -> None:
    assert numbers(tmp_path, ["1.013", "1.014"], unit="hPa") == [1013.0, 1014.0]
    (tmp_path / "other").mkdir()
    assert numbers(tmp_path / "other", ["1.013", "1.014"], unit="g/m3") == [1.013, 1.014]


def test_a_sign_that_nothing_decides_is_said_to_be_so(tmp_path: Path) -> None:
    lines = [f"2015-09-20 {hour:02d}:00;1.{hour:03d}" for hour in range(20)]
    (tmp_path / "n.csv").write_text("\n".join(["time;value", *lines]))
    assert "'1.000' may be 1.0 or 1000.0" in propose_description([tmp_path / "n.csv"]).to_yaml()


def test_a_large_file_is_sampled_and_still_read_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE_BYTES", 10_000)
    monkeypatch.setattr(sampling, "HEAD_BYTES", 8_000)
    monkeypatch.setattr(sampling, "PIECE_BYTES", 2_000)
    for encoding in ("utf-8", "utf-16"):
        style = Style(thousands=".", rows=9000, encoding=encoding)
        folder = tmp_path / encoding
        folder.mkdir()
        expected = write_export(folder / "export.csv", style)
        described, _ = inspected(folder, [folder / "export.csv"])
        assert described.csv.thousands == "."
        assert described.time.zone == "Etc/GMT-1"
        assert readings_by_column(imported(folder, described), described, style) == sorted(expected)


def test_columns_that_are_no_sensors_are_left_out_and_named(tmp_path: Path) -> None:
    lines = [
        "No;Time;Operator;Temp [°C];Empty;Calibrated;;Note",
        *(f"{n};2015-09-20 {n:02d}:00;Ann;2{n % 3},5;;20150901;;ok" for n in range(24)),
    ]
    (tmp_path / "export.csv").write_text("\n".join(lines), encoding="utf-8")
    described, text = inspected(tmp_path, [tmp_path / "export.csv"])
    assert [sensor.id for sensor in described.sensors] == ["temp", "empty"]
    assert "# column 0 (No) is left out: it numbers the rows" in text
    assert "# column 2 (Operator) is left out: it holds texts such as 'Ann'" in text
    assert "# column 5 (Calibrated) is left out: it holds dates" in text
    assert "  # no value in the sample\n  - id: empty" in text


def test_year_month_day_and_clock_may_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    lines = ["Year;Month;Day;Hour;Min;Temp", *(f"2015;9;20;{n};30;{n},5" for n in range(24))]
    (tmp_path / "export.csv").write_text("\n".join(lines))
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"], zone="UTC")
    assert described.time.columns == (0, 1, 2, 3, 4)
    table = imported(tmp_path, described).scan("export", *[datetime(2015, 9, day, tzinfo=UTC) for day in (20, 21)])
    assert table.collect()["time"][5] == datetime(2015, 9, 20, 5, 30, tzinfo=UTC)


def test_an_excel_line_that_names_the_delimiter_is_a_header_row(tmp_path: Path) -> None:
    lines = ["sep=;", "Time;Temp", *(f"2015-09-20 {n:02d}:00;{n},5" for n in range(24))]
    (tmp_path / "export.csv").write_text("\r\n".join(lines))
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"])
    assert described.csv.header_rows == 2
    assert len(imported(tmp_path, described).scan("export", datetime(2015, 1, 1, tzinfo=UTC), EVER_END).collect()) == 24


EVER_END = datetime(2016, 1, 1, tzinfo=UTC)


def test_rows_that_end_with_a_delimiter_have_no_sensor_there(tmp_path: Path) -> None:
    lines = ["Time;Temp;", *(f"2015-09-20 {n:02d}:00;{n},5;" for n in range(24))]
    (tmp_path / "export.csv").write_text("\n".join(lines))
    described, _ = inspected(tmp_path, [tmp_path / "export.csv"])
    assert [sensor.id for sensor in described.sensors] == ["temp"]
    assert len(imported(tmp_path, described).scan("export", datetime(2015, 1, 1, tzinfo=UTC), EVER_END).collect()) == 24


def test_files_of_another_layout_are_named_with_what_differs(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_export(tmp_path / f"{name}.csv", Style(headers="names", rows=50))
    odd = (tmp_path / "b.csv").read_bytes().replace("stråling".encode(), b"wind")
    (tmp_path / "b.csv").write_bytes(odd)
    with pytest.raises(SourceError, match=r"b\.csv: has another layout than .*a\.csv and 1 more .*is 'wind', not"):
        propose_description(sorted(tmp_path.glob("*.csv")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"a;b\n1;2\n3;4\n", "no column holds dates and times"),
        (b"time;note\n2015-09-20 00:00;x\n2015-09-20 01:00;y\n", "no column beside the time holds numbers"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no column holds dates and times|no CSV export"),
    ],
)
def test_a_file_that_is_no_export_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(SourceError, match=rf"odd\.csv: .*({message})"):
        propose_description([tmp_path / "odd.csv"])


def test_a_missing_file_an_empty_list_and_an_unknown_zone_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.csv: cannot be read"):
        propose_description([tmp_path / "none.csv"])
    with pytest.raises(SourceError, match="no files were named"):
        propose_description([])
    write_export(tmp_path / "a.csv", Style(rows=50))
    with pytest.raises(SourceError, match="zone 'Mars/Olympus' is unknown"):
        propose_description([tmp_path / "a.csv"], zone="Mars/Olympus")
