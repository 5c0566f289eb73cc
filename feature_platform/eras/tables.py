"""The catalogue's schema, one for SQLite and PostgreSQL.

The names carry a prefix, and the migrations a version table of their own, so that the catalogue can live in the
database that Dagster uses.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

SCHEMA_REVISION = "0003"
"""The newest migration: a catalogue that stands there already opens without Alembic."""
VERSION_TABLE = "catalogue_schema"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UtcMicroseconds(TypeDecorator[datetime]):
    """A UTC datetime as whole microseconds since 1970: exact and ordered alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:  # noqa: ANN401, ARG002 - the base class's signature
        """Write a time."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:  # noqa: ANN401, ARG002 - the base class's signature
        """Read a time."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData()

sources = Table(
    "catalogue_sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("version_hash", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("registered_at", UtcMicroseconds, nullable=False),
)

eras = Table(
    "catalogue_eras",
    metadata,
    Column("era_id", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("level", String(16), nullable=False),
    Column("start", UtcMicroseconds, nullable=False),
    Column("end", UtcMicroseconds, nullable=False),
    Column("label", Text),
    Column("parent_id", String(64)),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("row_count", BigInteger),
    Column("data_version", String(64)),
    Column("data_revision", Integer, nullable=False),
    Index("catalogue_eras_by_range", "source", "level", "start"),
)

tenures = Table(
    "catalogue_era_tenures",
    metadata,
    Column("era_id", String(64), ForeignKey("catalogue_eras.era_id"), primary_key=True),
    Column("since", UtcMicroseconds, primary_key=True),
    Column("until", UtcMicroseconds),
)
"""When an era was current: `[since, until)`, still so while `until` is null. Tenures of one era never overlap."""

successors = Table(
    "catalogue_era_successors",
    metadata,
    Column("era_id", String(64), ForeignKey("catalogue_eras.era_id"), primary_key=True),
    Column("until", UtcMicroseconds, primary_key=True),
    Column("successor_id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
)
"""Which eras took over when a tenure ended, by their start."""

cuts = Table(
    "catalogue_cuts",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("level", String(16), primary_key=True),
    Column("recorded_at", UtcMicroseconds, primary_key=True),
    Column("settings", Text, nullable=False),
)

pruned_eras = Table(
    "catalogue_pruned_eras",
    metadata,
    Column("era_id", String(64), primary_key=True),
    Column("data_revision", Integer, nullable=False),
)
"""What is left of a pruned era: were its revisions to begin again at one, stored results would look newer."""

claims = Table(
    "catalogue_claims",
    metadata,
    Column("claim_id", String(128), primary_key=True),
    Column("era_id", String(64), nullable=False),
    Column("stages", String(255), nullable=False),
    Column("data_version", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("claimed_at", UtcMicroseconds, nullable=False),
    Column("settled_at", UtcMicroseconds),
    UniqueConstraint("era_id", "stages", "data_version", "attempt", name="catalogue_claims_once"),
)

launches = Table(
    "catalogue_launches",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("holder", String(255), nullable=False),
    Column("claimed_at", UtcMicroseconds, nullable=False),
)

stage_costs = Table(
    "catalogue_stage_costs",
    metadata,
    Column("route", String(255), primary_key=True),
    Column("feature_set", String(64), primary_key=True),
    Column("stage", String(64), primary_key=True),
    Column("era_id", String(64), primary_key=True),
    Column("readings", BigInteger, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("engine", Text, nullable=False),
    Column("recorded_at", UtcMicroseconds, nullable=False),
    Column("cpu_seconds", Double),
    Column("memory_mib", Integer),
    Index("catalogue_stage_costs_by_age", "route", "feature_set", "stage", "recorded_at"),
)
"""What a stage took when it last ran for an era on a route; an era that was pruned since was measured all the same."""
