"""Which eras a new cut replaces, and whether it may."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, bindparam, insert, update

from feature_platform.eras.era import Era, EraRecord, Level
from feature_platform.eras.tables import successors, tenures
from feature_platform.errors import EraError


def check_cut(source: str, level: Level, cut: Sequence[Era]) -> None:
    """Hold a cut to one source, one level and no overlap.

    Raises
    ------
    EraError
        If it breaks one of these; both eras of an overlap are named.
    """
    for era in cut:
        if (era.source, era.level) != (source, level):
            raise EraError(f"era {era.era_id} is not of source {source!r} and level {level!r}; record it with its own")
    for before, after in pairwise(sorted(cut, key=lambda era: (era.start, era.end))):
        if after.start < before.end:
            raise EraError(
                f"eras {before.era_id} (until {before.end:%Y-%m-%d %H:%M}) and {after.era_id} (from "
                f"{after.start:%Y-%m-%d %H:%M}) of source {source!r} overlap at level {level!r}; move one of the two"
            )


def check_known_ranges(wanted: Mapping[str, Era], known: Mapping[str, EraRecord]) -> None:
    """Never let an id name another range than the one that it was given to.

    Raises
    ------
    EraError
        If one would.
    """
    for era_id, era in wanted.items():
        if era_id in known and (era.start, era.end) != (known[era_id].era.start, known[era_id].era.end):
            old = known[era_id].era
            raise EraError(
                f"era id {era_id} already names {old.start.isoformat()} to {old.end.isoformat()} and cannot name "
                f"{era.start.isoformat()} to {era.end.isoformat()} too; move one bound by a minute"
            )


def end_tenures(connection: Connection, ended: Sequence[Era], added: Sequence[Era], moment: datetime) -> None:
    """Supersede eras by those of the new ones that overlap them. Neither list overlaps within itself."""
    if not ended:
        return
    connection.execute(
        update(tenures)
        .where(tenures.c.era_id == bindparam("ended_id"), tenures.c.until.is_(None))
        .values(until=moment),
        [{"ended_id": era.era_id} for era in ended],
    )
    heirs = _overlaps(ended, added)
    if heirs:
        connection.execute(
            insert(successors),
            [
                {"era_id": old.era_id, "until": moment, "position": position, "successor_id": new.era_id}
                for position, (old, new) in enumerate(heirs)
            ],
        )


def _overlaps(ended: Sequence[Era], added: Sequence[Era]) -> list[tuple[Era, Era]]:
    old, new = (sorted(eras, key=lambda era: era.start) for eras in (ended, added))
    found, first = [], 0
    for era in old:
        while first < len(new) and new[first].end <= era.start:
            first += 1
        position = first
        while position < len(new) and new[position].start < era.end:
            found.append((era, new[position]))
            position += 1
    return found
