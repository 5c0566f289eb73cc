from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_platform.errors import SourceError
from feature_platform.sources.inspection.propose import propose_description
from feature_platform_tests.sources.foreign_import import EVER, imported, inspected

START = datetime(2015, 3, 28, 20)  # noqa: DTZ001 - the wall clock of a file without zone
TIMES = [START + timedelta(minutes=10 * number) for number in range(120)]


def wide() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ts": TIMES,
            "Lufttemperatur [°C]": [20 + n % 5 / 2 for n in range(120)],
            "lampe": [n % 40 > 20 for n in range(120)],
            "note": ["x"] * 120,
        }
    )


def test_a_wide_file_is_described_and_imported(tmp_path: Path) -> None:
    wide().with_columns(pl.col("ts").dt.replace_time_zone("UTC")).write_parquet(tmp_path / "a.parquet")
    described, text = inspected(tmp_path, [tmp_path / "a.parquet"])
    assert [(s.id, s.key, s.unit, s.kind) for s in described.sensors] == [
        ("lufttemperatur", "Lufttemperatur [°C]", "°C", "continuous"),
        ("lampe", "lampe", "", "binary"),
    ]
    assert described.preprocessing.step == timedelta(minutes=10)
    assert "columns left out, they hold no numbers: note" in text
    table = imported(tmp_path, described).scan("a", *EVER).collect()
    assert table.filter(sensor_id="lufttemperatur")["value"].to_list() == wide()["Lufttemperatur [°C]"].to_list()
    assert table["time"][0] == START.replace(tzinfo=UTC)


def test_a_wall_clock_without_summer_time_is_noticed(tmp_path: Path) -> None:
    wide().rename({"lampe": "luftfugtighed vind"}).write_parquet(tmp_path / "a.parquet")
    described, _ = inspected(tmp_path, [tmp_path / "a.parquet"])
    assert described.time.zone == "Etc/GMT-1"
    assert inspected(tmp_path, [tmp_path / "a.parquet"], zone="Asia/Tokyo")[0].time.zone == "Asia/Tokyo"


@pytest.mark.parametrize("times", ["aware", "text"])
def test_a_long_file_is_described_and_imported(tmp_path: Path, times: str) -> None:
    long = (
        wide()
        .select("ts", pl.col("Lufttemperatur [°C]"), pl.col("lampe").cast(pl.Float64))
        .unpivot(index="ts", variable_name="sensor", value_name="v")
        .with_columns(
            pl.col("ts").dt.replace_time_zone("UTC") if times == "aware" else pl.col("ts").dt.strftime("%d/%m/%Y %H:%M")
        )
    )
    long.write_parquet(tmp_path / "a.parquet")
    described, _ = inspected(tmp_path, [tmp_path / "a.parquet"], zone="UTC")
    assert (described.parquet.layout, described.parquet.sensor_key, described.parquet.value_key) == (
        "long",
        "sensor",
        "v",
    )
    assert described.preprocessing.step == timedelta(minutes=10)
    table = imported(tmp_path, described).scan("a", *EVER).collect()
    assert table.filter(sensor_id="lufttemperatur")["value"].to_list() == wide()["Lufttemperatur [°C]"].to_list()


def test_files_that_do_not_go_together_are_named(tmp_path: Path) -> None:
    wide().write_parquet(tmp_path / "a.parquet")
    wide().drop("lampe").write_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("time;v\n2015-01-01 00:00;1\n")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:500])
    with pytest.raises(SourceError, match=r"b\.parquet: has another schema than .*a\.parquet \(lampe\)"):
        propose_description([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    with pytest.raises(SourceError, match=r"c\.csv: is of another format"):
        propose_description([tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "c.csv"])
    with pytest.raises(SourceError, match=r"cut\.parquet: is no readable Parquet file"):
        propose_description([tmp_path / "cut.parquet"])
    pl.DataFrame({"a": [1.0]}).write_parquet(tmp_path / "d.parquet")
    with pytest.raises(SourceError, match=r"d\.parquet: has no column of times, only a"):
        propose_description([tmp_path / "d.parquet"])


def test_a_whole_folder_is_written_as_a_pattern_and_a_part_as_names(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        wide().write_parquet(tmp_path / f"{name}.parquet")
    files = sorted(tmp_path.glob("*.parquet"))
    assert propose_description(files).description.files == ((tmp_path / "*.parquet").as_posix(),)
    assert propose_description(files[:2]).description.files == tuple(path.as_posix() for path in files[:2])
