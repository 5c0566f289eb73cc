"""The catalogue's eras: what is current, what replaced what, and how many readings each holds."""

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from feature_platform.eras.database import Database, chunks
from feature_platform.eras.era import Era, EraCount, EraRecord, Level
from feature_platform.eras.era_rows import era_records, known_eras
from feature_platform.eras.era_supersession import check_cut, check_known_ranges, end_tenures
from feature_platform.eras.tables import cuts, eras, pruned_eras, tenures
from feature_platform.errors import EraError

SHOWN_IDS = 5


@dataclass(frozen=True)
class CutReport:
    """What recording a cut changed: ids of eras that became current, stayed so, and are superseded, by start."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    superseded: tuple[str, ...]


class EraRecords:
    """Eras by id; none is deleted but by `EraPruning`."""

    _database: Database

    def record_cut(self, source: str, level: Level, eras: Sequence[Era], *, settings: dict[str, object]) -> CutReport:
        """Make these the current eras of one source and level, all of them at once.

        What was current and is not among them becomes superseded by those that overlap it; the same range keeps its
        id and record (its label and parent may change); a superseded era that is among them is current again.

        Raises
        ------
        EraError
            If two of them overlap, one is of another source or level, or an id already names another range.
        """
        check_cut(source, level, eras)
        wanted = {era.era_id: era for era in eras}
        with self._database.write("eras") as connection:
            known = known_eras(connection, source, level)
            check_known_ranges(wanted, known)
            moment = _after_last_cut(connection, source, level)
            connection.execute(
                insert(cuts).values(
                    source=source,
                    level=level,
                    recorded_at=moment,
                    settings=json.dumps(settings, sort_keys=True, default=str),
                )
            )
            current = {era_id for era_id, record in known.items() if record.superseded_at is None}
            added = [wanted[era_id] for era_id in wanted if era_id not in current]
            ended = [known[era_id].era for era_id in current if era_id not in wanted]
            _insert(connection, [era for era in added if era.era_id not in known], moment)
            _relabel(connection, [(wanted[era_id], known[era_id].era) for era_id in wanted if era_id in known])
            end_tenures(connection, ended, added, moment)
            if added:
                connection.execute(insert(tenures), [{"era_id": era.era_id, "since": moment} for era in added])
        return CutReport(
            added=_ids(added),
            kept=_ids([era for era_id, era in wanted.items() if era_id in current]),
            superseded=_ids(ended),
        )

    def eras(
        self,
        *,
        source: str | None = None,
        level: Level | None = None,
        include_superseded: bool = False,
        as_of: datetime | None = None,
    ) -> list[EraRecord]:
        """Current eras by source, level and start; with `as_of` those that were current then.

        Superseding is told as it stood at `as_of`; counts and data versions are always today's.

        Raises
        ------
        EraError
            If `as_of` has no time zone.
        """
        if as_of is not None and as_of.tzinfo is None:
            raise EraError(f"as_of {as_of.isoformat()} has no time zone; write it with an offset, such as +00:00")
        with self._database.read() as connection:
            return era_records(
                connection, source=source, level=level, include_superseded=include_superseded, as_of=as_of
            )

    def era(self, era_id: str) -> EraRecord:
        """One era, superseded or not.

        Raises
        ------
        EraError
            If there is no such era; the text names the nearest ids.
        """
        with self._database.read() as connection:
            found = era_records(connection, era_ids=[era_id], include_superseded=True)
            if found:
                return found[0]
            known = list(connection.execute(select(eras.c.era_id).order_by(eras.c.era_id)).scalars())
        near = difflib.get_close_matches(era_id, known, n=3, cutoff=0.3)
        raise EraError(
            f"era {era_id!r} is not in the catalogue; "
            + (f"the nearest ids are {', '.join(near)}" if near else "see `feature-platform eras list`")
        )

    def row_counts(self, era_ids: Iterable[str]) -> dict[str, int]:
        """Readings of those of the eras that were counted."""
        counts: dict[str, int] = {}
        with self._database.read() as connection:
            for chunk in chunks(era_ids):
                rows = connection.execute(
                    select(eras.c.era_id, eras.c.row_count).where(
                        eras.c.era_id.in_(chunk), eras.c.row_count.is_not(None)
                    )
                )
                counts |= {row.era_id: row.row_count for row in rows}
        return counts

    def record_counts(self, counts: Sequence[EraCount]) -> list[str]:
        """Store what was counted; ids of the eras whose data version changed, in the order given.

        Each change of an era's data version, its first count included, raises its data revision by one.

        Raises
        ------
        EraError
            If one of the eras is not in the catalogue; then nothing is stored.
        """
        with self._database.write("eras") as connection:
            known = {
                row.era_id: row
                for chunk in chunks(count.era_id for count in counts)
                for row in connection.execute(
                    select(eras.c.era_id, eras.c.row_count, eras.c.data_version).where(eras.c.era_id.in_(chunk))
                )
            }
            unknown = sorted({count.era_id for count in counts if count.era_id not in known})
            if unknown:
                shown = ", ".join(unknown[:SHOWN_IDS]) + (", …" if len(unknown) > SHOWN_IDS else "")
                raise EraError(
                    f"{len(unknown)} counted eras are not in the catalogue ({shown}); record their cut first"
                )
            changed = [count for count in counts if known[count.era_id].data_version != count.data_version]
            if changed:
                connection.execute(
                    update(eras)
                    .where(eras.c.era_id == bindparam("counted_id"))
                    .values(
                        row_count=bindparam("counted_rows"),
                        data_version=bindparam("counted_version"),
                        data_revision=eras.c.data_revision + 1,
                    ),
                    [
                        {
                            "counted_id": count.era_id,
                            "counted_rows": count.row_count,
                            "counted_version": count.data_version,
                        }
                        for count in changed
                    ],
                )
        return [count.era_id for count in changed]


def _after_last_cut(connection: Connection, source: str, level: Level) -> datetime:
    last = connection.execute(
        select(func.max(cuts.c.recorded_at)).where(cuts.c.source == source, cuts.c.level == level)
    ).scalar()
    now = datetime.now(UTC)
    # A clock set back must not put a cut before the one that it replaces.
    return now if last is None else max(now, last + timedelta(microseconds=1))


def _insert(connection: Connection, new: Sequence[Era], moment: datetime) -> None:
    if not new:
        return
    revisions = {
        row.era_id: row.data_revision
        for chunk in chunks(era.era_id for era in new)
        for row in connection.execute(select(pruned_eras).where(pruned_eras.c.era_id.in_(chunk)))
    }
    connection.execute(
        insert(eras),
        [
            {
                "era_id": era.era_id,
                "source": era.source,
                "level": era.level,
                "start": era.start,
                "end": era.end,
                "label": era.label,
                "parent_id": era.parent_id,
                "created_at": moment,
                "data_revision": revisions.get(era.era_id, 0),
            }
            for era in new
        ],
    )


def _relabel(connection: Connection, pairs: Sequence[tuple[Era, Era]]) -> None:
    changed = [new for new, old in pairs if (new.label, new.parent_id) != (old.label, old.parent_id)]
    if changed:
        connection.execute(
            update(eras)
            .where(eras.c.era_id == bindparam("relabelled_id"))
            .values(label=bindparam("new_label"), parent_id=bindparam("new_parent")),
            [{"relabelled_id": era.era_id, "new_label": era.label, "new_parent": era.parent_id} for era in changed],
        )


def _ids(found: Iterable[Era]) -> tuple[str, ...]:
    return tuple(era.era_id for era in sorted(found, key=lambda era: era.start))
