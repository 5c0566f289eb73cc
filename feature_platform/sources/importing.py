"""Source files -> stored readings, each file once."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from feature_platform.errors import SourceError, StorageError
from feature_platform.sources.csv_file import csv_rows
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.local_time import LocalClock
from feature_platform.sources.month_parts import MonthSpill, Written, write_parts
from feature_platform.sources.parquet_file import parquet_rows
from feature_platform.sources.rejects import SKIPPED_LOCAL_TIME, UNREADABLE_TIME, Rejects
from feature_platform.sources.report import ImportReport, Progress, Status, UnitReport
from feature_platform.sources.rows import LINE, LOCAL, SENSOR, TIME_TEXT, Rows
from feature_platform.sources.source_files import SourceFile, find_files
from feature_platform.storage.readings import Import, ReadingsStore

READ_SHARE = 0.8
"""The share of an import's progress that reading takes; writing takes the rest."""


def import_source(
    description: SourceDescription, store: ReadingsStore, *, progress: Progress | None = None
) -> ImportReport:
    """Take in every file (or database month) of a source that the store does not hold yet.

    A file whose content was imported under the same `parse_version` is unchanged and nothing is written for it; under
    another one it is imported anew and replaces the old import. Each file is committed once all of it is written.

    Raises
    ------
    SourceError
        If a file or table is not as described; what was imported before stays, as do the files before it.
    StorageError
        If the store cannot be written.
    """
    told = progress or _silent
    if description.format == "postgres":
        from feature_platform.sources.postgres import import_postgres  # noqa: PLC0415 # files need no database driver

        units = import_postgres(description, store, progress=told)
    else:
        known = store.imports(description.source)
        units = [_import_file(file, description, store, known, told) for file in find_files(description)]
    return ImportReport(description.source, tuple(units))


def _silent(_unit: str, _share: float) -> None:
    pass


def _import_file(
    file: SourceFile,
    description: SourceDescription,
    store: ReadingsStore,
    known: dict[int, Import],
    progress: Progress,
) -> UnitReport:
    """Import one file; `known` are the imports that count and is kept up to date."""
    began = time.perf_counter()
    stamp = file.stamp()
    content_hash = file.content_hash()
    same = {number: entry for number, entry in known.items() if entry.content_hash == content_hash}
    # An import that lost a file is taken in again: that is the cure which the error about it names.
    whole = [
        entry for entry in same.values() if entry.parse_version == description.parse_version and store.holds(entry)
    ]
    current = next(iter(whole), None)
    if current is not None:
        progress(file.unit, 1.0)
        return _report(replace(current, unit=file.unit), "unchanged", stamp[0], began)
    entry = _read_and_write(file, description, store, progress)
    if file.stamp() != stamp:
        raise SourceError(f"{file.path}: changed while it was read; run the import again when it is written")
    entry = replace(entry, content_hash=content_hash, replaces=tuple(same))
    known[store.commit(description.source, entry)] = entry
    for number in same:
        del known[number]
    progress(file.unit, 1.0)
    return _report(entry, "reimported" if same else "imported", stamp[0], began)


def _read_and_write(
    file: SourceFile, description: SourceDescription, store: ReadingsStore, progress: Progress
) -> Import:
    rejects = Rejects(file.unit)
    cells = 0
    sensors = [sensor.id for sensor in description.sensors]
    with _scratch_folder() as folder:
        spill = MonthSpill(folder)
        clock = LocalClock(description.time.zone, _key(description))
        for rows in _rows(file, description, rejects):
            cells += rows.cells
            spill.add(_timed(rows, clock, rejects, file, description))
            progress(file.unit, READ_SHARE * rows.read)
        doubled = clock.finish()
        if doubled is not None:
            spill.add(doubled.drop(LINE, TIME_TEXT, LOCAL))
        written = write_parts(
            spill,
            store,
            description.source,
            sensors,
            lambda share: progress(file.unit, READ_SHARE + (1 - READ_SHARE) * 0.99 * share),
        )
    return _entry(file, description, store, written, rejects, cells)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    with ExitStack() as held:
        try:
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="feature-platform-import-"))
        except OSError as error:
            raise StorageError(
                f"no folder for temporary files can be made ({error.strerror or error}); point TMPDIR to a folder that "
                "this user can write, on a disk with space"
            ) from error
        yield Path(folder)


def _entry(
    file: SourceFile,
    description: SourceDescription,
    store: ReadingsStore,
    written: Written,
    rejects: Rejects,
    cells: int,
) -> Import:
    source = description.source
    blank = pl.concat([pl.Series("time", [], pl.Datetime("us", "UTC")), *written.blank_times])
    return Import(
        unit=file.unit,
        content_hash="",
        parse_version=description.parse_version,
        parts=tuple(written.parts),
        readings=written.readings,
        times=written.times,
        cells=cells + rejects.rows,
        first=written.first,
        last=written.last,
        rejected=dict(rejects.counts),
        rejects_file=store.write_rejects(source, rejects.table()) if rejects.total else None,
        replaces=(),
        imported_at=datetime.now(UTC),
        details={
            "sensors": {sensor.id: written.per_sensor[sensor.id] for sensor in description.sensors},
            **rejects.details(),
        },
        blank_times_file=None if blank.is_empty() else store.write_blank_times(source, blank),
    )


def _rows(file: SourceFile, description: SourceDescription, rejects: Rejects) -> Iterator[Rows]:
    return (csv_rows if description.format == "csv" else parquet_rows)(file, description, rejects)


def _key(description: SourceDescription) -> str | None:
    return SENSOR if description.format == "parquet" and description.parquet.layout == "long" else None


def _timed(
    rows: Rows, clock: LocalClock, rejects: Rejects, file: SourceFile, description: SourceDescription
) -> pl.DataFrame:
    """The rows whose time is known by now, with `time` in UTC; rows without a usable time are rejected."""
    frame = rows.frame
    values = [name for name in frame.columns if name not in (LINE, TIME_TEXT, LOCAL, SENSOR)]
    if frame[LOCAL].null_count():
        says_nothing = pl.col(TIME_TEXT).fill_null("") == ""
        empty = says_nothing & pl.all_horizontal(pl.col(values).is_null())
        bad = frame.filter(pl.col(LOCAL).is_null(), ~empty)
        frame = frame.filter(pl.col(LOCAL).is_not_null())
        if frame.is_empty() and not bad.is_empty() and not rejects.counts[UNREADABLE_TIME]:
            found = bad.row(0, named=True)
            raise SourceError(
                f"{file.path}: no row's time fits time.format {description.time.format!r}; line {found[LINE]} has "
                f"{found[TIME_TEXT]!r} in {rows.time_column!r}"
            )
        rejects.add(UNREADABLE_TIME, bad[LINE], bad[TIME_TEXT], rows.time_column)
    ready, skipped = clock.convert(frame)
    rejects.add(SKIPPED_LOCAL_TIME, skipped[LINE], skipped[TIME_TEXT], rows.time_column)
    return ready.drop(LINE, TIME_TEXT, LOCAL)


def _report(entry: Import, status: Status, size: int, began: float) -> UnitReport:
    return UnitReport(
        unit=entry.unit,
        status=status,
        readings=entry.readings,
        times=entry.times,
        cells=entry.cells,
        rejected=entry.rejected,
        bytes=size,
        seconds=time.perf_counter() - began,
    )
