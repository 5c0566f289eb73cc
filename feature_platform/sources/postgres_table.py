"""The long table of readings in the database: connecting, its columns, and the queries that are put to it.

Everything here is safe through pgbouncer in transaction mode: no session state outlives a transaction.
"""

import io
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, cursor

from feature_platform.errors import SourceError
from feature_platform.sources.description import PostgresTable, SourceDescription

CONNECT_TIMEOUT_SECONDS = 10
# Times outside are a broken clock's (or `infinity`): they belong to no month that a greenhouse knows.
FIRST_TIME = datetime(1900, 1, 1, tzinfo=UTC)
END_TIME = datetime(2200, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AWARE_TYPE = "timestamp with time zone"
NAIVE_TYPES = ("timestamp without time zone", "date")
LISTED_NAMES = 20


@contextmanager
def connected(description: SourceDescription) -> Iterator[connection]:
    """Connect to the source's database; every transaction reads one snapshot and can write nothing.

    Raises
    ------
    SourceError
        If the address is missing or wrong, the database cannot be reached, or it fails later on. The password is
        never shown.
    """
    table = _table(description)
    text = os.environ.get(table.url_env, "")
    if not text:
        raise SourceError(
            f"source {description.source}: the environment variable {table.url_env} is not set; set it to the "
            "database's address: postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        )
    url = _address(description, text)
    place = f"source {description.source}: database {url.database!r} on {url.host}:{url.port or 5432}"
    secrets = [part for part in (url.password, text) if part]
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "application_name": "feature_platform",
        **url.translate_connect_args(username="user", database="dbname"),
        **url.query,
    }
    try:
        opened = psycopg2.connect(**arguments)
    except psycopg2.Error as error:
        raise SourceError(
            f"{place} cannot be reached ({_first_line(error, secrets)}); start it or correct {table.url_env}"
        ) from None
    try:
        opened.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        yield opened
    except psycopg2.Error as error:
        raise SourceError(
            f"{place}, table {table.schema_name}.{table.table}: reading failed ({_first_line(error, secrets)}); "
            "mend that and import again: months that were finished before are kept"
        ) from error
    finally:
        opened.close()


def _table(description: SourceDescription) -> PostgresTable:
    if description.postgres is None:
        raise SourceError(f"source {description.source}: has no postgres: section that names a table")
    return description.postgres


def _address(description: SourceDescription, text: str) -> sa.URL:
    variable = f"source {description.source}: the environment variable {_table(description).url_env}"
    form = "write postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password as %XX"
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise SourceError(f"{variable} holds no database address; {form}") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise SourceError(f"{variable} is the address of no PostgreSQL database; {form}")
    if "@" in (url.host or ""):  # else half of the password would pass, and be shown, as the host
        raise SourceError(f"{variable} has more than one '@'; {form}")
    return url


def _first_line(error: psycopg2.Error, secrets: list[str]) -> str:
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    for secret in secrets:
        line = line.replace(secret, "***")
    return line


@dataclass(frozen=True)
class ReadingsTable:
    """The table's columns as SQL, found once; a sensor's position is its id's place among the sorted ids."""

    name: sql.Composable
    time: sql.Composable
    value: sql.Composable
    join: sql.Composable
    aware: bool
    """Whether the time column knows its zone."""
    ordered: bool
    """Whether rows have a physical place, which tells the later written of two."""
    sensor: sql.Composable

    @classmethod
    def find(cls, at: cursor, description: SourceDescription) -> "ReadingsTable":
        """Look the table up in the catalogue of the database.

        Raises
        ------
        SourceError
            If the table or one of its columns is missing, or a column has a type that cannot be read.
        """
        table, time_key = _table(description), description.time.key
        place = f"source {description.source}: table {table.schema_name}.{table.table}"
        at.execute(
            "SELECT c.oid, c.relkind = 'r' AND NOT c.relhassubclass FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
            (table.schema_name, table.table),
        )
        found = at.fetchone()
        if found is None:
            raise SourceError(f"{place} is not there; {_tables(at, table.schema_name)}")
        at.execute(
            "SELECT attname, format_type(atttypid, NULL), format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (found[0],),
        )
        types = {name: kind for name, kind, _ in at.fetchall()}
        for role, key in (("time", time_key), ("sensor", table.sensor_key), ("value", table.value_key)):
            if key not in types:
                raise SourceError(f"{place} has no column {key!r} for the {role}; it has {', '.join(types)}")
        time_type, value_type = types[time_key], types[table.value_key]
        if time_type != AWARE_TYPE and time_type not in NAIVE_TYPES:
            raise SourceError(
                f"{place}: time column {time_key!r} is of type {time_type}; it must be timestamptz or timestamp: "
                "name a view that converts it"
            )
        value = sql.Identifier("t", table.value_key)
        join = sql.SQL("JOIN unnest({}::{}[]) WITH ORDINALITY AS k(key, position) ON {} = k.key").format(
            sql.Literal([key for _, key in sorted(sensor_keys(description).items())]),
            sql.SQL(types[table.sensor_key]),
            sql.Identifier("t", table.sensor_key),
        )
        table_found = cls(
            name=sql.SQL("{} AS t").format(sql.Identifier(table.schema_name, table.table)),
            time=sql.Identifier("t", time_key),
            value=sql.SQL("{}::int::float8" if value_type == "boolean" else "{}::float8").format(value),
            join=join,
            aware=time_type == AWARE_TYPE,
            ordered=bool(found[1]),
            sensor=sql.Identifier("t", table.sensor_key),
        )
        table_found._probe(at, place)
        return table_found

    def _probe(self, at: cursor, place: str) -> None:
        try:
            at.execute(sql.SQL("SELECT {} FROM {} {} LIMIT 0").format(self.value, self.name, self.join))
        except (psycopg2.errors.InvalidTextRepresentation, psycopg2.errors.CannotCoerce) as error:
            raise SourceError(
                f"{place}: {_first_line(error, [])}; the sensors' keys must be of its sensor column's type, and its "
                "value column must hold numbers"
            ) from error

    def bound(self, moment: datetime) -> sql.Composable:
        """A moment as the time column has it: a UTC instant, or a wall clock's reading."""
        return sql.Literal(moment if self.aware else moment.replace(tzinfo=None))

    def within(self, start: datetime, end: datetime) -> sql.Composable:
        """The rows of `[start, end)`, said so that an index on the time column serves."""
        return sql.SQL("{0} >= {1} AND {0} < {2}").format(self.time, self.bound(start), self.bound(end))

    def first_time(self, at: cursor, start: datetime) -> datetime | None:
        """The first time in the table at or after `start`, of any sensor."""
        at.execute(
            sql.SQL("SELECT {} FROM {} WHERE {}").format(
                _microseconds(sql.SQL("min({})").format(self.time)), self.name, self.within(start, END_TIME)
            )
        )
        (microseconds,) = at.fetchone() or (None,)
        return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)

    def estimated_rows(self, at: cursor, start: datetime, end: datetime) -> int:
        """How many of the sensors' rows the planner expects in `[start, end)`; costs no scan."""
        at.execute(
            sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM {} {} WHERE {}").format(
                self.name, self.join, self.within(start, end)
            )
        )
        (plan,) = at.fetchone() or ([{"Plan": {"Plan Rows": 0}}],)
        return int(plan[0]["Plan"]["Plan Rows"])

    def fingerprint(self, at: cursor, start: datetime, end: datetime) -> tuple[int, int]:
        """Count of the sensors' rows in `[start, end)`, and a sum of hashes that any changed value moves."""
        at.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(hashfloat8extended({}, hashint8extended({}, k.position))), 0) "
                "FROM {} {} WHERE {}"
            ).format(self.value, _microseconds(self.time), self.name, self.join, self.within(start, end))
        )
        rows, hashes = at.fetchone() or (0, 0)
        return int(rows), int(hashes)

    def copy(self, at: cursor, start: datetime, end: datetime, into: io.BytesIO) -> None:
        """Send the rows of `[start, end)` as CSV without a header, sorted: sensor's position, microseconds, value.

        Microseconds count from 1970 in UTC, or on the wall clock where the column has no zone. Of rows with one
        sensor and time the one written last comes last, where the table knows, else the one with the largest value.
        """
        query = sql.SQL("SELECT k.position - 1, {}, {} FROM {} {} WHERE {} ORDER BY 1, 2, {}").format(
            _microseconds(self.time),
            self.value,
            self.name,
            self.join,
            self.within(start, end),
            sql.SQL("t.ctid" if self.ordered else "3"),
        )
        at.copy_expert(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query), into)

    def unplaced(self, at: cursor, limit: int) -> tuple[int, list[tuple[str, str, str]]]:
        """Count, and first (sensor, time, value) texts, of the sensors' rows whose time is no usable one."""
        rows = sql.SQL("FROM {0} {1} WHERE ({2} < {3} OR {2} >= {4} OR {2} IS NULL) AND {5} IS NOT NULL").format(
            self.name, self.join, self.time, self.bound(FIRST_TIME), self.bound(END_TIME), self.value
        )
        at.execute(sql.SQL("SELECT count(*) {}").format(rows))
        (count,) = at.fetchone() or (0,)
        if not count:
            return 0, []
        at.execute(
            sql.SQL("SELECT k.key::text, coalesce({}::text, ''), coalesce({}::text, '') {} LIMIT {}").format(
                self.time, self.value, rows, sql.Literal(limit)
            )
        )
        return int(count), at.fetchall()

    def sensors_there(self, at: cursor) -> list[str]:
        """Some sensor values that stand in the table, for an error's text."""
        at.execute(
            sql.SQL(
                "SELECT DISTINCT key::text FROM (SELECT {} AS key FROM {} LIMIT 10000) AS sample ORDER BY 1 LIMIT {}"
            ).format(self.sensor, self.name, sql.Literal(LISTED_NAMES))
        )
        return [str(key) for (key,) in at.fetchall()]


def sensor_keys(description: SourceDescription) -> dict[str, str]:
    """Each sensor's value in the table, by its id; a sensor without a key goes by its id.

    Raises
    ------
    SourceError
        If two sensors have the same.
    """
    keys = {sensor.id: sensor.key or sensor.id for sensor in description.sensors}
    repeated = sorted(key for key, count in Counter(keys.values()).items() if count > 1)
    if repeated:
        raise SourceError(
            f"source {description.source}: several sensors have the key {', '.join(repeated)}; give each its own"
        )
    return keys


def _microseconds(time: sql.Composable) -> sql.Composable:
    # A whole number: how many digits of a float8 arrive depends on the server's settings.
    return sql.SQL("round(date_part('epoch', {}) * 1e6)::bigint").format(time)


def _tables(at: cursor, schema: str) -> str:
    at.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1 LIMIT %s",
        (schema, LISTED_NAMES),
    )
    names = [str(name) for (name,) in at.fetchall()]
    return f"schema {schema} has {', '.join(names)}" if names else f"schema {schema} has no tables that the user sees"
