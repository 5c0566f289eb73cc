import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feature_platform.errors import SourceError, StorageError
from feature_platform.sources import month_parts
from feature_platform.sources.importing import import_source
from feature_platform.sources.summary import rejected_share, summarise
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.full_disk import Disk
from feature_platform_tests.read_only import OpenFolder, stepped_down
from feature_platform_tests.sources.exports import (
    clock,
    describe,
    export,
    only_import,
    sensors,
    store_in,
    stored,
    take,
    values,
)

DAY = export([(time, n) for n, time in enumerate(clock("2024-01-31 12:00:00", 144))])
NEXT_DAY = export([(time, 1000 + n) for n, time in enumerate(clock("2024-02-01 12:00:00", 144))])


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_file_becomes_parts_by_month_and_one_import(tmp_path: Path) -> None:
    store, report = take(tmp_path, DAY)
    entry = only_import(store)
    assert [(part.month, part.rows) for part in entry.parts] == [("2024-01", 72), ("2024-02", 72)]
    assert (entry.unit, entry.readings, entry.times, entry.cells) == ("a.csv", 144, 144, 144)
    assert (entry.first, entry.last) == (
        datetime(2024, 1, 31, 12, tzinfo=UTC),
        datetime(2024, 2, 1, 11, 50, tzinfo=UTC),
    )
    assert entry.details["sensors"] == {"a": 144}
    assert (report.imported, report.unchanged, report.readings, report.bytes) == (1, 0, 144, len(DAY))
    assert values(store) == list(range(144))


def test_a_second_import_of_the_same_files_writes_nothing(tmp_path: Path) -> None:
    store, first = take(tmp_path, DAY)
    before = tree(tmp_path / "store")
    again = import_source(describe(tmp_path), store)
    assert [unit.status for unit in again.units] == ["unchanged"]
    assert (again.readings, again.times, again.rejected) == (first.readings, first.times, first.rejected)
    assert tree(tmp_path / "store") == before


def test_a_renamed_file_and_a_second_copy_are_unchanged(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    (tmp_path / "b.csv").write_text(DAY)
    report = import_source(describe(tmp_path), store)
    assert [(unit.unit, unit.status) for unit in report.units] == [("a.csv", "unchanged"), ("b.csv", "unchanged")]


def test_only_a_new_file_is_read(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    (tmp_path / "b.csv").write_text(NEXT_DAY)
    report = import_source(describe(tmp_path), store)
    assert [unit.status for unit in report.units] == ["unchanged", "imported"]
    assert values(store) == [*range(144), *range(1000, 1144)]


def test_a_description_that_reads_otherwise_replaces_what_was_imported(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    report = import_source(describe(tmp_path, time={"zone": "Etc/GMT-1"}), store)
    assert [unit.status for unit in report.units] == ["reimported"]
    assert only_import(store).replaces == (1,)
    assert stored(store)["time"][0] == datetime(2024, 1, 31, 11, tzinfo=UTC)
    assert summarise(store, "demo").times == 144


def test_a_change_that_does_not_touch_reading_imports_nothing_anew(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    renamed = [{"id": "a", "column": 1, "name": "Air", "unit": "°C", "range": [0, 50]}]
    assert import_source(describe(tmp_path, sensors=renamed), store).unchanged == 1


def test_a_file_that_grew_is_imported_and_its_last_values_count(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    grown = DAY.replace("2024-01-31 12:00:00;0\n", "2024-01-31 12:00:00;7\n") + NEXT_DAY.split("\n", 1)[1]
    (tmp_path / "a.csv").write_text(grown)
    report = import_source(describe(tmp_path), store)
    assert report.imported == 1
    assert values(store) == [7, *range(1, 144), *range(1000, 1144)]
    assert summarise(store, "demo").readings == 288


def test_a_pattern_without_a_file_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source demo: no file matches '2024-\*\.csv' in .*; correct files:"):
        import_source(describe(tmp_path, files=["2024-*.csv"]), store_in(tmp_path))


def test_patterns_keep_their_order_and_take_each_file_once(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv", "x[1].csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(DAY + f"2025-01-01 00:00:00;{len(name)}{name[0] == 'a':d}\n")
    (tmp_path / "down").mkdir()
    described = describe(tmp_path / "down", files=["../data/x[1].csv", "../data/b.csv", "../data/**/*.csv"])
    report = import_source(described, store_in(tmp_path))
    assert [unit.unit for unit in report.units] == [
        "../data/x[1].csv",
        "../data/b.csv",
        "../data/a.csv",
        "../data/deep/c.csv",
    ]


@pytest.mark.parametrize("name", ["semi;colon 'quoted'.csv", "\U0001f345 tomato__.csv", "x" * 200 + ".csv"])
def test_odd_file_names_are_units(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(DAY + "oops;1\n")
    store = store_in(tmp_path)
    report = import_source(describe(tmp_path), store)
    assert report.units[0].unit == name
    assert store.rejects(only_import(store))["file"].to_list() == [name]


def test_a_file_whose_name_is_no_text_is_imported(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/m\xe5l.csv"
    Path(os.fsdecode(path)).write_text(DAY + "oops;1\n")
    report = import_source(describe(tmp_path), store_in(tmp_path))
    assert [unit.unit for unit in report.units] == ["m?l.csv"]


def test_progress_tells_unit_and_share_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    take(tmp_path, DAY, progress=lambda unit, share: told.append((unit, share)))
    shares = [share for _, share in told]
    assert {unit for unit, _ in told} == {"a.csv"}
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


class InterruptedImportError(Exception):
    pass


@pytest.mark.parametrize("at", range(4))
def test_an_import_cut_off_anywhere_leaves_what_was_there(tmp_path: Path, at: int) -> None:
    store, _ = take(tmp_path, DAY)
    before, summary = stored(store), summarise(store, "demo")
    (tmp_path / "b.csv").write_text(NEXT_DAY + DAY.split("\n", 1)[1].replace(";", ";9"))
    calls: list[float] = []

    def interrupt(unit: str, share: float) -> None:
        if unit == "b.csv":
            calls.append(share)
            if len(calls) > at:
                raise InterruptedImportError

    if at == 3:  # after the commit, the import stands
        with pytest.raises(InterruptedImportError):
            import_source(describe(tmp_path), store, progress=interrupt)
        assert stored(store).height == 288
        return
    with pytest.raises(InterruptedImportError):
        import_source(describe(tmp_path), store, progress=interrupt)
    assert stored(store).equals(before)
    assert summarise(store, "demo").readings == summary.readings
    import_source(describe(tmp_path), store)
    assert stored(store).height == 288


KILLED = """
    import sys
    from pathlib import Path

    from feature_platform.sources import importing
    from feature_platform_tests.sources.exports import describe, store_in

    def wait(unit, share):
        if unit == "b.csv" and share > 0.85:
            print("writing", flush=True)
            sys.stdin.read()

    folder = Path(sys.argv[1])
    importing.import_source(describe(folder), store_in(folder), progress=wait)
"""


def test_a_killed_import_leaves_what_was_there_and_the_next_one_finishes(tmp_path: Path) -> None:
    store, _ = take(tmp_path, DAY)
    before = stored(store)
    (tmp_path / "b.csv").write_text(NEXT_DAY)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert stored(store).equals(before)
    assert [unit.status for unit in import_source(describe(tmp_path), store).units] == ["unchanged", "imported"]
    assert stored(store).height == 288


FULL_DISK = """
    import resource, sys
    from pathlib import Path

    from feature_platform.errors import StorageError
    from feature_platform.sources.importing import import_source
    from feature_platform_tests.sources.exports import describe, store_in

    folder = Path(sys.argv[1])
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        import_source(describe(folder), store_in(folder))
    except StorageError as error:
        print(error)
"""


@pytest.mark.parametrize("limit", [500, 3000])
def test_a_full_disk_is_one_error_and_what_was_there_stays(tmp_path: Path, limit: int) -> None:
    store, _ = take(tmp_path, DAY)
    before = stored(store)
    noise = [(moment, (n * 7919) % 10007 / 7) for n, moment in enumerate(clock("2024-03-01 00:00:00", 4000, minutes=5))]
    (tmp_path / "b.csv").write_text(export(noise))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path), str(limit)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "cannot be written (File too large); free space" in done.stdout
    assert "what was stored before is untouched" in done.stdout
    assert stored(store).equals(before)
    assert list(scratch.iterdir()) == []


def test_a_full_store_is_one_error_and_the_import_goes_through_once_there_is_room(tmp_path: Path, disk: Disk) -> None:
    store = ReadingsStore(StorageRoot(str(disk.folder)))
    (tmp_path / "a.csv").write_text(DAY)
    import_source(describe(tmp_path), store)
    before = tree(disk.folder)
    noise = [(moment, (n * 7919) % 10007 / 7) for n, moment in enumerate(clock("2024-03-01 00:00:00", 4000, minutes=5))]
    (tmp_path / "b.csv").write_text(export(noise))
    with disk.full(), pytest.raises(StorageError, match=r"cannot be written .*free space.*is untouched"):
        import_source(describe(tmp_path), store)
    assert tree(disk.folder) == before
    assert [unit.status for unit in import_source(describe(tmp_path), store).units] == ["unchanged", "imported"]
    assert stored(store).height == 144 + 4000


def test_a_read_only_store_is_one_error_and_stays_readable(tmp_path: Path, unwritable: OpenFolder) -> None:
    store = ReadingsStore(StorageRoot(str(unwritable.path / "store")))
    source = unwritable.path / "source"
    source.mkdir()
    (source / "a.csv").write_text(DAY)
    import_source(describe(source), store)
    (source / "b.csv").write_text(NEXT_DAY)
    with unwritable.read_only():
        with pytest.raises(
            StorageError, match=r"source=demo/.*cannot be written \(Permission denied\); .*write access"
        ):
            import_source(describe(source), store)
        assert values(store) == list(range(144))


def test_no_folder_for_temporary_files_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not" / "there"))
    with pytest.raises(StorageError, match=r"no folder for temporary files can be made .*point TMPDIR to a folder"):
        take(tmp_path, DAY)


def test_a_file_that_may_not_be_read_is_one_error(unwritable: OpenFolder) -> None:
    (unwritable.path / "a.csv").write_text(DAY)
    (unwritable.path / "a.csv").chmod(0)
    with stepped_down(), pytest.raises(SourceError, match=r"a\.csv: cannot be read \(Permission denied\); give read"):
        import_source(describe(unwritable.path), store_in(unwritable.path))


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_the_cure_for_a_lost_or_damaged_part_works(tmp_path: Path, damage: str) -> None:
    (tmp_path / "b.csv").write_text(NEXT_DAY)
    store, _ = take(tmp_path, DAY)
    before = stored(store)
    part = next(iter(store.imports("demo").values())).parts[0]
    path = Path(store.root.path(part.file))
    path.write_bytes(path.read_bytes()[:60])
    if damage == "missing":
        path.unlink()
    with pytest.raises(StorageError, match=r"import its source file again") as caught:
        stored(store)
    assert str(path) in str(caught.value)
    path.unlink(missing_ok=True)
    assert [unit.status for unit in import_source(describe(tmp_path), store).units] == ["reimported", "unchanged"]
    assert stored(store).equals(before)


def test_a_store_that_cannot_be_a_folder_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file stands here")
    (tmp_path / "a.csv").write_text(DAY)
    with pytest.raises(StorageError, match="taken/source_readings"):
        import_source(describe(tmp_path), ReadingsStore(StorageRoot(str(tmp_path / "taken"))))


def test_a_file_that_changes_while_it_is_read_is_one_error(tmp_path: Path) -> None:
    def append_once(unit: str, _share: float) -> None:
        if (tmp_path / unit).stat().st_size == len(DAY):
            (tmp_path / unit).write_text(DAY + "2024-05-01 00:00:00;1\n")

    with pytest.raises(SourceError, match=r"a\.csv: changed while it was read; run the import again"):
        take(tmp_path, DAY, progress=append_once)
    assert store_in(tmp_path).imports("demo") == {}


def test_a_bad_file_stops_the_import_and_the_files_before_it_stay(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("nothing described here\n")
    with pytest.raises(SourceError, match=r"b\.csv"):
        take(tmp_path, DAY)
    assert values(store_in(tmp_path)) == list(range(144))


def test_months_too_large_for_one_part_are_cut_by_sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(moment, n, -n, 2 * n) for n, moment in enumerate(clock("2024-03-01 00:00:00", 50))]
    content = export([*rows, (rows[3][0], 7, "", 8)], header="time;c;a;b")
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    whole, _ = take(tmp_path / "whole", content, sensors=sensors("c", "a", "b"))
    monkeypatch.setattr(month_parts, "PART_READINGS", 100)
    cut, report = take(tmp_path / "cut", content, sensors=sensors("c", "a", "b"))
    assert stored(cut).equals(stored(whole))
    assert len(only_import(whole).parts) == 1
    assert [part.rows for part in only_import(cut).parts] == [50, 50, 50]
    assert (report.readings, report.times) == (150, 50)


def test_overlapping_files_count_each_time_once_in_the_summary(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("time;a\n2024-02-01 11:50:00;5\n2024-02-01 12:00:00;\n2024-04-01 00:00:00;\n")
    store, report = take(tmp_path, DAY + "2024-02-01 12:00:00;\n")
    summary = summarise(store, "demo")
    assert (report.times, report.readings) == (145 + 3, 144 + 1)
    assert (summary.times, summary.readings, summary.imports) == (146, 144, 2)
    assert summary.per_sensor.rows() == [("a", 144, summary.first, summary.last)]
    assert summary.rejected_share == rejected_share(store, "demo") == 0.0


def test_an_unknown_source_has_an_empty_summary(tmp_path: Path) -> None:
    summary = summarise(store_in(tmp_path), "nothing")
    assert (summary.times, summary.readings, summary.sensors, summary.rejected) == (0, 0, 0, {})
    assert (summary.first, summary.last) == (None, None)
