"""Propose a source description from files: the entry point of `inspect`."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feature_platform.errors import SourceError
from feature_platform.sources.inspection.csv_proposal import propose_csv
from feature_platform.sources.inspection.names import source_name
from feature_platform.sources.inspection.parquet_proposal import propose_parquet
from feature_platform.sources.inspection.proposal import Proposal

PARQUET_MAGIC = b"PAR1"


def propose_description(files: Sequence[Path], *, source: str | None = None, zone: str | None = None) -> Proposal:
    """Describe one source's CSV or Parquet files by their own content.

    Paths are written as given: the YAML belongs into the folder that relative ones start from. `zone` is the zone of
    the files' clock, where it is known.

    Raises
    ------
    SourceError
        If there are no files, one cannot be read or is no export, their layouts differ, or the zone is unknown.
    """
    if not files:
        raise SourceError("no files were named; name one or more exports of one source")
    if zone is not None:
        _check_zone(zone)
    paths = list(dict.fromkeys(Path(file) for file in files))
    name = source if source is not None else _name(paths)
    parquet = [_is_parquet(path) for path in paths]
    if any(parquet) and not all(parquet):
        odd = paths[parquet.index(sum(parquet) * 2 < len(parquet))]
        raise SourceError(f"{odd}: is of another format than the other files; inspect CSV and Parquet files apart")
    propose = propose_parquet if parquet[0] else propose_csv
    return propose(paths, source=name, patterns=_patterns(paths), zone=zone)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SourceError(
            f"zone {zone!r} is unknown; use an IANA name such as Europe/Copenhagen, or Etc/GMT-1 for a clock that is "
            "always one hour ahead of UTC"
        ) from error


def _name(paths: Sequence[Path]) -> str:
    if len(paths) == 1:
        return source_name(paths[0].stem)
    folder = paths[0].resolve().parent.name
    return source_name(folder if len({path.parent for path in paths}) == 1 else paths[0].stem)


def _patterns(paths: Sequence[Path]) -> list[str]:
    """The paths, or one glob where they are all such files of their folder: later ones then belong to it too."""
    folders, suffixes = {path.parent for path in paths}, {path.suffix for path in paths}
    if len(paths) > 1 and len(folders) == len(suffixes) == 1 and (suffix := suffixes.pop()):
        folder = folders.pop()
        magic = any(mark in f"{folder}" for mark in "*?[")
        if not magic and set(folder.glob(f"*{suffix}")) == set(paths):
            return [(folder / f"*{suffix}").as_posix()]
    return [path.as_posix() for path in paths]


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); name an existing file") from error
