"""Stage 1: what an era's slice says of itself, and what it says of readings that are not there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feature_platform.errors import EraError, StorageError
from feature_platform.stages.platform import Platform, SupersededEraError
from feature_platform.stages.raw_readings import slice_readings
from feature_platform_tests.stages.house import ROWS_A_DAY, check, house, run_stages, take_in


def test_metadata_tells_what_the_era_holds(platform: Platform, tmp_path: Path) -> None:
    first, second = take_in(platform, house(tmp_path / "source", eras={"method": "calendar", "unit": "5d"}))[:2]
    outcome = slice_readings(platform, second)
    assert outcome.metadata["readings"] == 5 * ROWS_A_DAY * 3 == platform.catalogue.era(second).row_count
    assert outcome.metadata["warm_up_readings"] == outcome.manifest.rows - 5 * ROWS_A_DAY * 3 > 0
    assert outcome.metadata["sensors_with_readings"] == 3
    assert outcome.metadata["bytes"] == outcome.manifest.bytes
    assert {"seconds", "readings_per_second", "per_sensor", "era", "source"} <= set(outcome.metadata)
    assert [(found.name, found.passed) for found in outcome.checks] == [
        ("schema", True),
        ("unique_times", True),
        ("rejected_share", True),
    ]
    assert slice_readings(platform, first).metadata["warm_up_readings"] == 0


def test_simulated_readings_are_called_so(platform: Platform, tmp_path: Path) -> None:
    (era_id,) = take_in(platform, house(tmp_path / "source", days=2, eras={"method": "whole"}, simulated=True))
    assert slice_readings(platform, era_id).metadata["source"] == "tiny (simulated)"


def test_too_many_rejected_cells_fail_the_check(platform: Platform, tmp_path: Path) -> None:
    def spoil(row: int, cells: list[str]) -> list[str]:
        return [*cells[:2], "?", cells[3]] if row % 100 == 0 else cells

    (era_id,) = take_in(platform, house(tmp_path / "source", change=spoil, eras={"method": "whole"}))
    found = check(slice_readings(platform, era_id), "rejected_share")
    assert (found.passed, found.severity) == (False, "error")
    assert found.description == "0.3472% of the source's cells could not be read; the limit is 0.1000%"


def test_times_that_are_still_to_come_fail_the_check(platform: Platform, tmp_path: Path) -> None:
    def late(row: int, cells: list[str]) -> list[str]:
        return ["2199-01-01 00:00:00", *cells[1:]] if row == ROWS_A_DAY - 1 else cells

    (era_id,) = take_in(platform, house(tmp_path / "source", days=1, change=late, eras={"method": "whole"}))
    found = check(slice_readings(platform, era_id), "unique_times")
    assert (found.passed, found.description) == (False, "readings from the future")


def test_an_era_without_data_is_one_error_and_the_others_are_untouched(platform: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    source = house(folder, eras={"method": "declared", "file": "eras.csv"})
    (folder / "eras.csv").write_text("start,end\n2024-03-02,2024-03-05\n2024-06-01,2024-06-05\n", encoding="utf-8")
    (full,) = take_in(platform, source)
    (empty,) = (record.era_id for record in platform.catalogue.eras(source="tiny") if not record.row_count)
    run_stages(platform, full)
    with pytest.raises(
        EraError,
        match=rf"era {empty} has no readings between 2024-06-01 00:00 and 2024-06-05 00:00 UTC; .*reach from "
        r"2024-03-01 00:00 to 2024-03-10 23:50 UTC\): import the missing files or declare another range",
    ):
        slice_readings(platform, empty)
    assert platform.datasets.eras("raw_readings") == [full]


@pytest.mark.parametrize("era_id", ["tiny.whole.1,tiny.whole.2", "..", "a/b", "", "\U0001f345", "x" * 300])
def test_an_era_id_that_is_none_is_one_error(platform: Platform, tmp_path: Path, era_id: str) -> None:
    (known,) = take_in(platform, house(tmp_path / "source", days=1, eras={"method": "whole"}))
    with pytest.raises(EraError) as caught:
        slice_readings(platform, era_id)
    assert str(caught.value).startswith(f"era {era_id!r} is not in the catalogue; ")
    assert slice_readings(platform, known).manifest.era_id == known


def test_a_superseded_era_is_told_its_heirs(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source")
    old = take_in(platform, source)[1]
    source.describe(eras={"method": "calendar", "unit": "month"})
    take_in(platform, source)
    (heir,) = (
        record.era_id
        for record in platform.catalogue.eras(source="tiny")
        if record.era.start == datetime(2024, 3, 1, tzinfo=UTC)
    )
    with pytest.raises(SupersededEraError, match=rf"era {old} was superseded on .* UTC by {heir}; it is skipped"):
        slice_readings(platform, old)


def test_a_damaged_month_stops_its_own_eras_only(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source", days=40, eras={"method": "calendar", "unit": "month"})
    march, april = take_in(platform, source)
    part = next(p for entry in platform.readings.imports("tiny").values() for p in entry.parts if p.month == "2024-04")
    path = Path(platform.root.path(part.file))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StorageError, match=rf"{part.file}: is damaged .*delete it and import its source file again"):
        slice_readings(platform, april)
    run_stages(platform, march)
    path.unlink()
    take_in(platform, source)
    run_stages(platform, april)
