"""Reading eras out of the catalogue's tables."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from feature_platform.eras.database import chunks
from feature_platform.eras.era import Era, EraRecord, Level
from feature_platform.eras.tables import eras, successors, tenures


def known_eras(connection: Connection, source: str, level: Level) -> dict[str, EraRecord]:
    """All eras of one source and level by id, superseded ones too."""
    found = era_records(connection, source=source, level=level, include_superseded=True)
    return {record.era_id: record for record in found}


def era_records(
    connection: Connection,
    *,
    source: str | None = None,
    level: Level | None = None,
    era_ids: Iterable[str] | None = None,
    include_superseded: bool = False,
    as_of: datetime | None = None,
) -> list[EraRecord]:
    """Eras with their last tenure (the last that had begun at `as_of`), by source, level and start."""
    query = _with_last_tenure(as_of)
    if source is not None:
        query = query.where(eras.c.source == source)
    if level is not None:
        query = query.where(eras.c.level == level)
    if not include_superseded:
        still = tenures.c.until.is_(None)
        query = query.where(still if as_of is None else or_(still, tenures.c.until > as_of))
    if era_ids is None:
        rows = list(connection.execute(query))
    else:
        rows = [row for chunk in chunks(era_ids) for row in connection.execute(query.where(eras.c.era_id.in_(chunk)))]
    superseded = {row.era_id: row.until for row in rows if row.until is not None and (not as_of or row.until <= as_of)}
    heirs = _successors(connection, superseded)
    records = [_record(row, superseded.get(row.era_id), heirs.get(row.era_id, ())) for row in rows]
    return sorted(records, key=lambda record: (record.era.source, record.era.level, record.era.start, record.era.end))


def _with_last_tenure(as_of: datetime | None) -> Select[Any]:
    last = select(tenures.c.era_id, func.max(tenures.c.since).label("since")).group_by(tenures.c.era_id)
    if as_of is not None:
        last = last.where(tenures.c.since <= as_of)
    newest = last.subquery()
    return (
        select(eras, tenures.c.until)
        .join(newest, newest.c.era_id == eras.c.era_id)
        .join(tenures, and_(tenures.c.era_id == newest.c.era_id, tenures.c.since == newest.c.since))
    )


def _successors(connection: Connection, superseded: dict[str, datetime]) -> dict[str, tuple[str, ...]]:
    heirs: dict[str, tuple[str, ...]] = {}
    for chunk in chunks(superseded):
        rows = connection.execute(
            select(successors).where(successors.c.era_id.in_(chunk)).order_by(successors.c.position)
        )
        for row in rows:
            if row.until == superseded[row.era_id]:
                heirs[row.era_id] = (*heirs.get(row.era_id, ()), row.successor_id)
    return heirs


def _record(row: Row[Any], superseded_at: datetime | None, superseded_by: tuple[str, ...]) -> EraRecord:
    return EraRecord(
        era=Era(
            source=row.source,
            level=row.level,
            start=row.start,
            end=row.end,
            label=row.label,
            parent_id=row.parent_id,
        ),
        created_at=row.created_at,
        superseded_at=superseded_at,
        superseded_by=superseded_by,
        row_count=row.row_count,
        data_version=row.data_version,
        data_revision=row.data_revision,
    )
