import csv
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_platform.errors import SourceError
from feature_platform.sources.csv_file import csv_rows
from feature_platform.sources.rejects import Rejects
from feature_platform.sources.rows import LINE, TIME_TEXT
from feature_platform.sources.source_files import find_files
from feature_platform.sources.summary import rejected_share, summarise
from feature_platform_tests.sources.exports import (
    clock,
    describe,
    export,
    only_import,
    rejected_cells,
    sensors,
    take,
    values,
)

NOON, LATER = "2024-01-01 12:00:00", "2024-01-01 12:10:00"


def read(folder: Path, content: str, *, block_bytes: int, **changes: object) -> tuple[pl.DataFrame, Rejects]:
    """The rows of a file read in blocks of a few bytes."""
    (folder / "a.csv").write_bytes(content.encode())
    description = describe(folder, **changes)
    (file,) = find_files(description)
    rejects = Rejects(file.unit)
    return pl.concat(r.frame for r in csv_rows(file, description, rejects, block_bytes=block_bytes)), rejects


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_bytes", [7, 64, 10_000])
def test_line_ends_and_block_borders_change_nothing(tmp_path: Path, end: str, block_bytes: int) -> None:
    content = export([(time, n) for n, time in enumerate(clock("2024-01-01 00:00:00", 20))], end=end)
    rows, rejects = read(tmp_path, content, block_bytes=block_bytes)
    assert rows["a"].to_list() == list(range(20))
    assert rows[LINE].to_list() == list(range(2, 22))
    assert rejects.total == 0


def test_a_last_line_without_its_end_counts(tmp_path: Path) -> None:
    store, _ = take(tmp_path, f"time;a\n{NOON};1\n{LATER};2")
    assert values(store) == [1.0, 2.0]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", "\ufeff"), ("cp1252", ""), ("utf-16", ""), ("latin-1", "")])
def test_encodings_and_byte_order_marks_are_read(tmp_path: Path, encoding: str, mark: str) -> None:
    content = f"{mark}tid;måling °C\n{NOON};1\n".encode(encoding)
    dialect = {"delimiter": ";", "encoding": encoding}
    store, _ = take(tmp_path, content, csv=dialect, sensors=[{"id": "a", "header": ["måling °C"]}])
    assert values(store) == [1.0]


def test_a_file_in_another_encoding_is_one_error_with_its_line(tmp_path: Path) -> None:
    content = f"time;a\n{NOON};1\n{LATER};må\n".encode("latin-1")
    with pytest.raises(SourceError, match=r"a\.csv: line 3 is not utf-8 \(0xe5.*set csv\.encoding"):
        take(tmp_path, content)


def test_header_rows_of_a_file_with_a_decomposed_letter_match(tmp_path: Path) -> None:
    store, _ = take(tmp_path, f"tid;ma\u030aling\n{NOON};1\n", sensors=[{"id": "a", "header": ["måling"]}])
    assert values(store) == [1.0]


def test_a_column_is_found_by_its_header_wherever_it_stands(tmp_path: Path) -> None:
    content = f"time;b;a\n{NOON};1;2\n"
    store, _ = take(tmp_path, content, sensors=[{"id": "a", "column": 1, "header": ["a"]}])
    assert values(store) == [2.0]


def test_of_columns_with_one_header_the_position_decides(tmp_path: Path) -> None:
    described = [{"id": "x", "column": 1, "header": ["a"]}, {"id": "y", "column": 2, "header": ["a"]}]
    store, _ = take(tmp_path, f"time;a;a\n{NOON};1;2\n", sensors=described)
    assert (values(store, "x"), values(store, "y")) == ([1.0], [2.0])


@pytest.mark.parametrize(
    ("sensor", "message"),
    [
        ({"column": 2}, r"sensor a: column 2 is not there, a row has 2 columns"),
        ({"column": -1}, r"sensor a: column -1 is not there"),
        ({"column": 1, "header": ["b"]}, r"sensor a: column 1 should be the header 'b', found 'a'"),
        ({"header": ["b"]}, r"sensor a: no column has the header 'b'; there are 'time', 'a'"),
        ({"column": 7, "header": ["b"]}, r"sensor a: column 7 with the header 'b' is not there, a row has 2"),
        ({"header": ["a", "°C"]}, r"sensor a: has 2 header texts, but csv\.header_rows is 1"),
    ],
)
def test_a_described_column_that_is_not_there_is_one_error(
    tmp_path: Path, sensor: dict[str, Any], message: str
) -> None:
    with pytest.raises(SourceError, match=rf"a\.csv: {message}"):
        take(tmp_path, f"time;a\n{NOON};1\n", sensors=[{"id": "a", **sensor}])


def test_a_header_that_several_columns_have_needs_a_position(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns 1, 2 are all the header 'a'; say which with column:"):
        take(tmp_path, f"time;a;a\n{NOON};1;2\n", sensors=[{"id": "a", "header": ["a"]}])


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"time column 5 is not there.*sensor a: .*sensor b: "):
        take(
            tmp_path,
            f"time;x\n{NOON};1\n",
            time={"columns": (5,)},
            sensors=[{"id": "a", "column": 4}, {"id": "b", "header": ["b"]}],
        )


def test_whole_rows_in_one_column_are_one_error_that_proposes_the_delimiter(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"every row is one column when divided at ','; its first line has 1 ';'"):
        take(tmp_path, f"time;a\n{NOON};1\n", csv={"delimiter": ","})


def test_rows_divided_otherwise_than_their_header_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no row has as many columns as its header .* \(line 2 is '2024"):
        take(tmp_path, f"time;a\n{NOON},1\n{LATER},2\n")


def test_numbers_with_another_decimal_sign_are_one_error(tmp_path: Path) -> None:
    rows = [(time, "20,5") for time in clock(NOON, 200)]
    with pytest.raises(SourceError, match=r"200 of the first 200 cells are no numbers.*line 2.*'20,5'.*csv\.decimal"):
        take(tmp_path, export(rows))


def test_a_file_shorter_than_its_header_and_an_empty_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has 1 of the 2 header rows described"):
        take(tmp_path, "time;a\n", csv={"delimiter": ";", "header_rows": 2})
    with pytest.raises(SourceError, match="is empty"):
        take(tmp_path, "")


def test_a_file_of_header_rows_alone_holds_no_readings(tmp_path: Path) -> None:
    store, report = take(tmp_path, "time;a\n")
    assert (report.readings, report.times, report.rejected) == (0, 0, {})
    assert summarise(store, "demo").per_sensor.rows() == [("a", 0, None, None)]


def test_a_file_without_header_is_placed_by_position(tmp_path: Path) -> None:
    store, _ = take(tmp_path, f"{NOON};1\n{LATER};2\n", csv={"delimiter": ";", "header_rows": 0})
    assert values(store) == [1.0, 2.0]


def test_title_lines_and_blank_lines_count_as_header_rows(tmp_path: Path) -> None:
    content = f"Report; of greenhouse; 3; 2024\n\ntime;a\n{NOON};1\n"
    store, _ = take(tmp_path, content, csv={"delimiter": ";", "header_rows": 3})
    assert values(store) == [1.0]


def test_short_and_long_rows_are_listed_whole_and_blank_ones_are_nothing(tmp_path: Path) -> None:
    content = f"time;a;b\n{NOON};1;2\n\n;;\n2024-01-01 12:20:00;3\nTotal\n{LATER};4;5;6\n2024-01-01 12:30:00;7;8\n"
    store, report = take(tmp_path, content, sensors=sensors("a", "b"))
    assert values(store) == [1.0, 7.0]
    assert report.rejected == {"ragged_row": 3}
    assert rejected_cells(store) == [
        (5, "", "2024-01-01 12:20:00;3", "ragged_row"),
        (6, "", "Total", "ragged_row"),
        (7, "", f"{LATER};4;5;6", "ragged_row"),
    ]


@pytest.mark.parametrize("header", ["time;a", "time;a;"])
@pytest.mark.parametrize("tail", ["", ";", ";;", '; "" ;'])
def test_trailing_delimiters_are_no_columns(tmp_path: Path, header: str, tail: str) -> None:
    tail = tail.replace(" ", "")
    store, report = take(tmp_path, f"{header}\n{NOON};1{tail}\n{LATER};2\n")
    assert (values(store), report.rejected) == ([1.0, 2.0], {})


def test_quoted_texts_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    content = f'time;"a;""b""";note\n{NOON};"1";"one\ntwo ""x"" ; three"\n{LATER};x;""\n'
    store, _ = take(tmp_path, content, sensors=[{"id": "a", "header": ['a;"b"']}])
    assert values(store) == [1.0]
    assert rejected_cells(store) == [(4, 'a;"b"', "x", "unreadable_number")]


@pytest.mark.parametrize("bad", ['{time};"5;x', '{time};5" pipe;x', '{time};"4"5;x'])
def test_a_quote_that_does_not_close_spoils_its_own_line_only(tmp_path: Path, bad: str) -> None:
    times = clock(NOON, 4)
    lines = ["time;a;note", f"{times[0]};1;", bad.format(time=times[1]), f"{times[2]};3;", f'{times[3]};4;"ok"']
    store, report = take(tmp_path, "\n".join(lines) + "\n")
    assert values(store) == [1.0, 3.0, 4.0]
    assert sum(report.rejected.values()) == 1
    ((line, _, text, _),) = rejected_cells(store)
    assert (line, text in lines[2]) == (3, True)


@pytest.mark.parametrize("block_bytes", [30, 64, 200])
def test_quotes_across_block_borders_are_kept_together(tmp_path: Path, block_bytes: int) -> None:
    rows = [(f'"{time}"', n, f'"note\n;{n}"') for n, time in enumerate(clock(NOON, 12))]
    found, rejects = read(tmp_path, export(rows, header="time;a;note"), block_bytes=block_bytes)
    assert rejects.total == 0
    assert found["a"].to_list() == list(range(12))
    assert found[LINE].to_list() == list(range(2, 26, 2))


def test_every_bad_cell_is_counted_and_listed_with_its_place(tmp_path: Path) -> None:
    content = f"time;temp\n{NOON};oops\nnot a time;2\n{LATER};inf\n2024-01-01 12:20:00;NA\n2024-01-01 12:30:00;5\n"
    store, report = take(tmp_path, content)
    assert report.rejected == {"unreadable_number": 1, "unreadable_time": 1, "non_finite": 1}
    assert rejected_cells(store) == [
        (2, "temp", "oops", "unreadable_number"),
        (3, "time", "not a time", "unreadable_time"),
        (4, "temp", "inf", "non_finite"),
    ]
    assert values(store) == [5.0]
    entry = only_import(store)
    assert (entry.cells, entry.times, entry.readings) == (5, 4, 1)
    assert rejected_share(store, "demo") == 3 / 5


def test_the_list_of_rejects_ends_and_says_so_but_the_count_does_not(tmp_path: Path) -> None:
    rows = [(time, n if n % 3 else "x") for n, time in enumerate(clock(NOON, 31_500))]
    store, report = take(tmp_path, export(rows))
    entry = only_import(store)
    assert report.rejected == {"unreadable_number": 10_500}
    assert store.rejects(entry).height == 10_000
    assert entry.details["rejects_listed"] == 10_000
    assert entry.details["rejects_list_is_complete"] is False


def test_a_sensor_without_any_value_stays_visible(tmp_path: Path) -> None:
    store, report = take(tmp_path, f"time;a;b\n{NOON};1;\n{LATER};2;\n", sensors=sensors("a", "b"))
    assert report.rejected == {}
    counts = summarise(store, "demo").per_sensor.select("sensor_id", "readings").rows()
    assert counts == [("a", 2), ("b", 0)]


@pytest.mark.parametrize(
    "name",
    ['say "hi"', "a;b", "__init__", "../../etc/passwd", "a/b\\c", "\U0001f345 tomato", "x" * 300, "a,b|c", " lead"],
)
def test_odd_header_names_are_found_and_named(tmp_path: Path, name: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([["time", name], [NOON, "1"], [LATER, "?"]])
    store, _ = take(tmp_path, text.getvalue(), sensors=[{"id": "a", "header": [name]}])
    assert values(store) == [1.0]
    assert rejected_cells(store) == [(3, name.strip(), "?", "unreadable_number")]


NOTES = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00\x1e"), max_size=12)


@given(
    notes=st.lists(NOTES, min_size=1, max_size=12),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    decimal=st.sampled_from([".", ","]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    block_bytes=st.integers(20, 400),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_wrote_is_read_back_in_any_dialect(
    tmp_path: Path, notes: list[str], delimiter: str, quote: str, decimal: str, quoting: int, block_bytes: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator="\r\n")
    writer.writerow(["note", "time", "value"])
    times = [str(time) for time in clock(NOON, len(notes))]
    numbers = [f"{n}.{n}5" for n in range(len(notes))]
    for note, time, number in zip(notes, times, numbers, strict=True):
        writer.writerow([note, time, number.replace(".", decimal)])
    rows, rejects = read(
        tmp_path,
        text.getvalue(),
        block_bytes=block_bytes,
        csv={"delimiter": delimiter, "quote": quote, "decimal": decimal},
        time={"columns": (1,)},
        sensors=[{"id": "a", "column": 2}],
    )
    assert rejects.table().rows() == []
    assert rows[TIME_TEXT].to_list() == times
    assert rows["a"].to_list() == [float(number) for number in numbers]
