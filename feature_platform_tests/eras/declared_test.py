from datetime import UTC
from pathlib import Path

import pytest

from feature_platform.eras.declared import declared_eras
from feature_platform.errors import EraError

HEADER = "start,end,label\n"


def declare(tmp_path: Path, text: str, name: str = "eras.csv") -> list[tuple[str, str, str | None]]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    eras = declared_eras("demo", file, zone="Europe/Copenhagen")
    assert all(era.level == "declared" and era.start.tzinfo is UTC for era in eras)
    return [(f"{era.start:%m-%d %H:%M}", f"{era.end:%m-%d %H:%M}", era.label) for era in eras]


def test_csv_takes_local_times_offsets_and_plain_dates_in_any_order(tmp_path: Path) -> None:
    text = HEADER + (
        '2024-07-01 06:30,2024-07-02T06:30:00,"late, in summer"\n'
        "2024-03-01,2024-03-08,\n"
        "2024-03-08T00:00Z,2024-03-09 00:00+05:30,x\n"
    )
    assert declare(tmp_path, text) == [
        ("02-29 23:00", "03-07 23:00", None),
        ("03-08 00:00", "03-08 18:30", "x"),
        ("07-01 04:30", "07-02 04:30", "late, in summer"),
    ]


def test_csv_of_a_spreadsheet_with_semicolons_and_a_mark_is_read(tmp_path: Path) -> None:
    assert declare(tmp_path, "\ufeffstart; end\r\n2024-01-01;2024-01-02\r\n") == [("12-31 23:00", "01-01 23:00", None)]


def test_yaml_takes_the_same_times(tmp_path: Path) -> None:
    text = """
- {start: 2024-03-01, end: 2024-03-08, label: seedlings}
- start: 2024-03-08 06:00
  end: 2024-03-09T06:00:00+01:00
  label: 2024
- {start: "2024-03-10T00:00Z", end: 2024-03-11T00:00:00Z, label: null}
"""
    assert declare(tmp_path, text, "eras.yaml") == [
        ("02-29 23:00", "03-07 23:00", "seedlings"),
        ("03-08 05:00", "03-09 05:00", "2024"),
        ("03-10 00:00", "03-11 00:00", None),
    ]


def test_eras_may_touch(tmp_path: Path) -> None:
    assert len(declare(tmp_path, HEADER + "2024-01-01,2024-01-02,\n2024-01-02,2024-01-03,\n")) == 2


GOOD = "2024-01-01,2024-01-05,\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,label\n2024-01-01,x\n", r"eras\.csv, line 1: column 'end' is missing"),
        ("start,end,lable\n2024-01-01,2024-01-02,x\n", r"line 2: 'lable' is not known"),
        (HEADER + "2024-01-01,2024-01-02,x,y\n", r"line 2: 'more cells than columns' is not known"),
        (HEADER + GOOD + "2024-01-06\n", r"line 3: end is missing"),
        (HEADER + GOOD + "2024-13-01,2024-01-02,\n", r"line 3: start '2024-13-01' is no time"),
        (HEADER + GOOD + "01/02/2024,2024-01-02,\n", r"line 3: start '01/02/2024' is no time"),
        (HEADER + "2024-01-05,2024-01-01,\n", r"line 2: the end 2024-01-01 does not lie after the start 2024-01-05"),
        (HEADER + "2024-01-05,2024-01-05,\n", r"does not lie after"),
        (
            HEADER + GOOD + "2024-01-08,2024-01-09,\n2024-01-04,2024-01-06,\n",
            r"line 2 and .*line 4: their eras overlap",
        ),
        (
            HEADER + "2024-03-31 02:30,2024-04-01,\n",
            r"line 2: start 2024-03-31 02:30 does not exist in Europe/Copenhagen",
        ),
        (
            HEADER + "2024-10-01,2024-10-27 02:30,\n",
            r"end 2024-10-27 02:30 happens twice in .*2024-10-27 02:30\+02:00 or 2024-10-27 02:30\+01:00",
        ),
        (HEADER, r"eras\.csv: declares no era"),
        ("", r"eras\.csv: declares no era"),
    ],
)
def test_a_wrong_csv_is_one_error_that_names_file_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EraError, match=message):
        declare(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {start: 2024-01-01, end: 2024-01-02}\n- {start: 2024-02-01}\n", r"eras\.yaml, line 2: end is missing"),
        ("- {start: 2024-01-01, end: [2024-01-02]}\n", r"line 1: start, end and label must each be one text"),
        ("- 2024-01-01\n", r"line 1: must be an era"),
        ("start: 2024-01-01\n", r"must be a list of eras"),
        ("- {start: 2024-01-01\n", r"is not valid YAML"),
        ("", r"declares no era"),
    ],
)
def test_a_wrong_yaml_is_one_error_that_names_file_and_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EraError, match=message):
        declare(tmp_path, text, "eras.yaml")


def test_both_offered_offsets_of_a_doubled_time_are_accepted(tmp_path: Path) -> None:
    rows = "2024-10-27 02:30+02:00,2024-10-27 02:30+01:00,\n"
    assert declare(tmp_path, HEADER + rows) == [("10-27 00:30", "10-27 01:30", None)]


def test_a_missing_file_other_kinds_and_other_encodings_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(EraError, match=r"nowhere\.csv: cannot be read"):
        declared_eras("demo", tmp_path / "nowhere.csv", zone="UTC")
    with pytest.raises(EraError, match=r"eras\.xlsx: must end in \.yaml, \.yml or \.csv"):
        declare(tmp_path, HEADER, "eras.xlsx")
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + "2024-01-01,2024-01-02,Bænk\n".encode("latin-1"))
    with pytest.raises(EraError, match=r"latin\.csv: is not UTF-8"):
        declared_eras("demo", tmp_path / "latin.csv", zone="UTC")
