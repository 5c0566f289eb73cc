from datetime import UTC, datetime
from pathlib import Path

import pytest

from feature_platform.errors import SelectionError
from feature_platform.selection.target import read_target


def written(folder: Path, text: str) -> Path:
    path = folder / "target.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_target_per_era(tmp_path: Path) -> None:
    table = read_target(written(tmp_path, "era_id,target,remark\n2024,3\nb,\nc,5\n"))
    assert table.rows() == [("2024", 3), ("c", 5)]
    assert table["target"].dtype.is_integer()


def test_a_target_per_window_is_in_utc(tmp_path: Path) -> None:
    text = "era_id,window_start,target\na,2024-03-01T00:00:00Z,1.5\na,2024-03-02T01:00:00+01:00,2.5\n"
    table = read_target(written(tmp_path, text))
    assert table["window_start"].to_list() == [datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC)]
    naive = read_target(written(tmp_path, "era_id,window_start,target\na,2024-03-01 06:00:00,x\n"))
    assert naive["window_start"].to_list() == [datetime(2024, 3, 1, 6, tzinfo=UTC)]
    assert naive.schema["window_start"] == table.schema["window_start"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("era,target\na,1\n", "the target has no column era_id"),
        ("era_id,value\na,1\n", "the target has no column target"),
        ("era_id,target\na,1\na,2\n", "gives {'era_id': 'a'} twice"),
        ("era_id,window_start,target\na,monday,1\n", "window_start must be times such as"),
        ("", "is no CSV table"),
    ],
)
def test_an_unusable_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SelectionError, match=rf"target\.csv: .*{problem}"):
        read_target(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match=r"nowhere\.csv: cannot be read"):
        read_target(tmp_path / "nowhere.csv")
