"""Which stored files nothing needs any more: replaced longer ago than a moment, or written and never committed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from feature_platform.storage.frames import Manifest
from feature_platform.storage.log import CommitLog
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot, StoredFile

LOGS = ("manifests", "imports")


def outdated_frames(
    root: StorageRoot, folder: str, files: Sequence[StoredFile], *, before: datetime, pinned: Collection[str]
) -> list[StoredFile]:
    """Of one era's dataset: manifests whose content was replaced before that moment, then files that none names.

    The current manifest stays, and so do `pinned` files and all that was written since. Entries of a log go from the
    oldest on, so that an earlier time is never answered with what was current before it.
    """
    entries, others = _entries(folder, files), _others(folder, files)
    if len(entries) == 1 and len(others) <= 1:
        return []  # what nearly every era is: its manifest need not be read
    log = CommitLog(root, f"{folder}/{LOGS[0]}")
    manifests = {number: Manifest.from_json(log.read(number)) for number in entries}
    gone: list[int] = []
    for number, manifest in manifests.items():
        later = (each for newer, each in manifests.items() if newer > number and each.version != manifest.version)
        successor = next(later, None)
        if successor is None or successor.recorded_at >= before:
            break
        gone.append(number)
    named = {manifest.file for number, manifest in manifests.items() if number not in gone}
    return [entries[number] for number in gone] + _unnamed(others, named | set(pinned), before)


def outdated_readings(store: ReadingsStore, source: str, *, before: datetime) -> list[StoredFile]:
    """Of a source's readings: imports that were replaced before that moment, then files that no import names."""
    folder = f"source_readings/source={source}"
    files = store.root.files(folder)
    history, entries = store.history(source), _entries(folder, files)
    replaced = {number: entry.imported_at for entry in history.values() for number in entry.replaces}
    gone: list[int] = []
    for number, entry in history.items():
        # While an import that this one replaced is there, it would count again without this one.
        if number in replaced and replaced[number] < before and not (set(entry.replaces) & set(history)) - set(gone):
            gone.append(number)
    named = {
        file
        for number, entry in history.items()
        if number not in gone
        for file in (*(part.file for part in entry.parts), entry.rejects_file, entry.blank_times_file)
        if file is not None
    }
    return [entries[number] for number in gone] + _unnamed(_others(folder, files), named, before)


def forgotten_frames(
    folder: str, files: Sequence[StoredFile], *, before: datetime, pinned: Collection[str]
) -> list[StoredFile]:
    """Of an era that was pruned from the catalogue: all but pinned files, once nothing was written for that long."""
    if any(file.modified >= before for file in files):
        return []
    return [*_entries(folder, files).values(), *_unnamed(_others(folder, files), pinned, before)]


def _entries(folder: str, files: Sequence[StoredFile]) -> dict[int, StoredFile]:
    logged = (file for file in files if file.name.startswith(tuple(f"{folder}/{log}/" for log in LOGS)))
    named = ((file.name.rpartition("/")[2].removesuffix(".json"), file) for file in logged)
    return {int(number): file for number, file in named if number.isdigit()}


def _others(folder: str, files: Sequence[StoredFile]) -> list[StoredFile]:
    entries = {file.name for file in _entries(folder, files).values()}
    return [file for file in files if file.name not in entries]


def _unnamed(files: Sequence[StoredFile], named: Collection[str], before: datetime) -> list[StoredFile]:
    return [file for file in files if file.name not in named and file.modified < before]
