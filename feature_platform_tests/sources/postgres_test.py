import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from feature_platform.errors import SourceError, StorageError
from feature_platform.sources import postgres
from feature_platform.sources.description import PostgresTable, SensorDescription, SourceDescription, TimeColumns
from feature_platform.sources.importing import import_source
from feature_platform.sources.postgres import import_postgres
from feature_platform.sources.summary import summarise
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.pgbouncer import running_pgbouncer
from feature_platform_tests.postgres_server import PASSWORD, MissingPostgresError, PostgresServer

pytestmark = pytest.mark.postgres
VARIABLE = "TEST_SOURCE_URL"
TABLE = "CREATE TABLE readings (sensor_id text, time timestamptz, value float8)"
NAIVE_TABLE = "CREATE TABLE readings (sensor_id text, time timestamp, value float8)"
SETTINGS = ("extra_float_digits", "transaction_isolation", "transaction_read_only", "timezone")
EVER = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path) -> ReadingsStore:
    return ReadingsStore(StorageRoot(str(tmp_path / "root")))


@pytest.fixture
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database whose settings would spoil an import that relied on the session's."""
    name = sa.make_url(postgres_url).database
    execute(postgres_url, f"ALTER DATABASE {name} SET timezone = 'America/New_York'")
    execute(postgres_url, f"ALTER DATABASE {name} SET extra_float_digits = 0")
    monkeypatch.setenv(VARIABLE, postgres_url)
    return postgres_url


def execute(url: str, statement: str, rows: Sequence[dict[str, Any]] = ()) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(statement), list(rows) or None)


def insert(url: str, rows: Sequence[tuple[Any, Any, Any]], table: str = "readings") -> None:
    named = [{"s": sensor, "t": time, "v": value} for sensor, time, value in rows]
    execute(url, f"INSERT INTO {table} VALUES (:s, :t, :v)", named)  # noqa: S608 - the test's own table name


def described(
    *keys: str, zone: str = "UTC", table: PostgresTable | None = None, time_key: str = "time"
) -> SourceDescription:
    return SourceDescription(
        source="db",
        format="postgres",
        postgres=table or PostgresTable(url_env=VARIABLE, table="readings"),
        time=TimeColumns(key=time_key, zone=zone),
        sensors=tuple(SensorDescription(id=f"s{number}", key=key) for number, key in enumerate(keys)),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stored(store: ReadingsStore) -> list[tuple[str, datetime, float]]:
    return store.scan("db", *EVER).collect().rows()


def test_readings_arrive_exactly_in_utc_whatever_the_database_is_set_to(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(
        database,
        [
            ("a", "2024-01-31 23:59:59.999999+00", 0.1 + 0.2),
            ("a", "2024-02-01 01:30:00+01:30", -5e-324),
            ("b", "2024-02-29 12:00:00.000001+00", 1 / 3),
            ("unasked", "2024-02-01 00:00+00", 7.0),
        ],
    )
    reports = import_source(described("a", "b"), store).units
    assert stored(store) == [
        ("s0", at("2024-01-31 23:59:59.999999"), 0.1 + 0.2),
        ("s0", at("2024-02-01 00:00"), -5e-324),
        ("s1", at("2024-02-29 12:00:00.000001"), 1 / 3),
    ]
    assert [(r.unit, r.status, r.readings, r.times, r.cells) for r in reports] == [
        ("2024-01", "imported", 1, 1, 1),
        ("2024-02", "imported", 2, 2, 2),
    ]


def test_only_a_changed_month_is_transferred_again(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("a", f"2024-0{month}-01 00:00+00", float(month)) for month in (1, 2, 3)])
    description = described("a")
    import_postgres(description, store)
    again = import_postgres(description, store)
    assert [(r.status, r.bytes, r.readings) for r in again] == [("unchanged", 0, 1)] * 3
    execute(database, "UPDATE readings SET value = 9 WHERE value = 2")
    changed = import_postgres(description, store)
    assert [r.status for r in changed] == ["unchanged", "reimported", "unchanged"]
    assert [value for _, _, value in stored(store)] == [1.0, 9.0, 3.0]
    assert len(store.imports("db")) == 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE readings SET time = time + interval '1 second' WHERE value = 1",
        "UPDATE readings SET sensor_id = CASE sensor_id WHEN 'a' THEN 'b' ELSE 'a' END",
        "UPDATE readings SET value = 3 - value",
        "DELETE FROM readings WHERE sensor_id = 'b'",
        "INSERT INTO readings VALUES ('a', '2024-01-09 00:00+00', 'NaN')",
    ],
)
def test_every_kind_of_change_is_noticed(database: str, store: ReadingsStore, change: str) -> None:
    execute(database, TABLE)
    insert(database, [("a", "2024-01-01 00:00+00", 1.0), ("b", "2024-01-01 01:00+00", 2.0)])
    import_postgres(described("a", "b"), store)
    execute(database, change)
    assert [report.status for report in import_postgres(described("a", "b"), store)] == ["reimported"]


def test_rows_of_other_sensors_change_nothing(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("a", "2024-01-01 00:00+00", 1.0)])
    import_postgres(described("a"), store)
    insert(database, [("b", "2024-01-01 00:00+00", 1.0)])
    assert [report.status for report in import_postgres(described("a"), store)] == ["unchanged"]


def test_a_month_that_was_emptied_in_the_database_no_longer_counts(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("a", "2024-01-01 00:00+00", 1.0), ("a", "2024-02-01 00:00+00", 2.0)])
    import_postgres(described("a"), store)
    execute(database, "DELETE FROM readings WHERE value = 1")
    reports = import_postgres(described("a"), store)
    assert [(r.unit, r.status, r.readings) for r in reports] == [
        ("2024-02", "unchanged", 1),
        ("2024-01", "reimported", 0),
    ]
    assert [value for _, _, value in stored(store)] == [2.0]
    assert {r.status for r in import_postgres(described("a"), store)} == {"unchanged"}


def test_missing_values_are_no_rejects_and_values_that_are_not_finite_are(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    values = [1.0, None, math.nan, math.inf, -math.inf]
    insert(database, [("a", f"2024-01-01 0{hour}:00+00", value) for hour, value in enumerate(values)])
    (report,) = import_postgres(described("a"), store)
    assert (report.readings, report.cells, report.rejected) == (1, 4, {"non_finite": 3})
    summary = summarise(store, "db")
    assert (summary.times, summary.readings, summary.rejected) == (5, 1, {"non_finite": 3})
    (entry,) = store.imports("db").values()
    assert store.rejects(entry).select("file", "column", "text").rows() == [
        ("public.readings", "s0", "2024-01-01 02:00:00.000000 NaN"),
        ("public.readings", "s0", "2024-01-01 03:00:00.000000 inf"),
        ("public.readings", "s0", "2024-01-01 04:00:00.000000 -inf"),
    ]


def test_rows_without_a_usable_time_are_counted_and_listed(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    times = ["2024-01-01 00:00+00", "infinity", "-infinity", None, "9999-01-01 00:00+00", "4000-01-01 00:00 BC"]
    insert(database, [("a", time, float(number)) for number, time in enumerate(times)] + [("a", None, None)])
    month, unplaced = import_postgres(described("a"), store)
    assert (month.readings, month.rejected) == (1, {})
    assert (unplaced.readings, unplaced.cells, unplaced.rejected) == (0, 5, {"unreadable_time": 5})
    entry = list(store.imports("db").values())[-1]
    assert store.rejects(entry)["text"].to_list()[:2] == ["infinity 1", "-infinity 2"]
    assert [report.status for report in import_postgres(described("a"), store)] == ["unchanged"] * 2


def test_a_wall_clock_is_read_in_the_described_zone_with_its_clock_changes(database: str, store: ReadingsStore) -> None:
    execute(database, NAIVE_TABLE)
    walls = ["2024-03-31 01:55", "2024-03-31 02:00", "2024-03-31 03:00", "2024-04-01 00:00"]
    insert(database, [("a", wall, float(number)) for number, wall in enumerate(walls)])
    insert(database, [("a", "2024-10-27 02:30", 4.0), ("a", "2024-10-27 02:30", 5.0), ("a", "2024-10-27 03:30", 6.0)])
    reports = import_postgres(described("a", zone="Europe/Copenhagen"), store)
    assert [(time, value) for _, time, value in stored(store)] == [
        (at("2024-03-31 00:55"), 0.0),
        (at("2024-03-31 01:00"), 2.0),
        (at("2024-03-31 22:00"), 3.0),
        (at("2024-10-27 00:30"), 4.0),
        (at("2024-10-27 01:30"), 5.0),
        (at("2024-10-27 02:30"), 6.0),
    ]
    assert [(r.unit, r.rejected) for r in reports] == [
        ("2024-03", {"skipped_local_time": 1}),
        ("2024-04", {}),
        ("2024-10", {}),
    ]


def test_a_clock_without_summer_time_loses_nothing(database: str, store: ReadingsStore) -> None:
    execute(database, NAIVE_TABLE)
    insert(database, [("a", "2024-03-31 02:30", 1.0)])
    import_postgres(described("a", zone="Etc/GMT-1"), store)
    assert stored(store) == [("s0", at("2024-03-31 01:30"), 1.0)]


def test_of_two_rows_of_one_time_the_last_written_counts(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    for value in (5.0, 9.0, 3.0):
        insert(database, [("a", "2024-01-01 00:00+00", value)])
    (report,) = import_postgres(described("a"), store)
    assert (report.readings, report.cells) == (1, 3)
    assert stored(store) == [("s0", at("2024-01-01"), 3.0)]


@pytest.mark.parametrize(
    ("sensor_type", "keys"), [("integer", ("7", "12")), ("uuid", ("a" * 32, "b" * 32)), ("varchar(9)", ("x", "y"))]
)
@pytest.mark.parametrize(
    ("value_type", "value"), [("numeric(9, 3)", 1.125), ("real", 0.5), ("boolean", True), ("smallint", -4)]
)
def test_common_column_types_are_read(
    database: str, store: ReadingsStore, sensor_type: str, keys: tuple[str, str], *, value_type: str, value: float
) -> None:
    execute(database, f"CREATE TABLE readings (sensor_id {sensor_type}, time date, value {value_type})")
    insert(database, [(key, "2024-05-06", value) for key in keys])
    import_postgres(described(*keys), store)
    assert stored(store) == [("s0", at("2024-05-06"), float(value)), ("s1", at("2024-05-06"), float(value))]


def test_names_and_keys_may_hold_anything(database: str, store: ReadingsStore) -> None:
    names = {"schema": 'Må"l', "table": "drop; --'%", "sensor": 'se"nsor %(a)s', "time": "tid og sted", "value": "väl"}
    quoted = {role: '"' + name.replace('"', '""') + '"' for role, name in names.items()}
    server_side = sa.create_engine(database, poolclass=sa.NullPool)
    with server_side.begin() as connection:
        run = connection.exec_driver_sql
        run(f"CREATE SCHEMA {quoted['schema']}")
        columns = f"{quoted['sensor']} text, {quoted['time']} timestamptz, {quoted['value']} real"
        run(f"CREATE TABLE {quoted['schema']}.{quoted['table']} ({columns})".replace("%", "%%"), ())
        keys = ['it\'s; "so"\nand 🌱 {a,b} \\', "50%%"[:3]]
        for key in keys:
            run(
                f"INSERT INTO {quoted['schema']}.{quoted['table']} ".replace("%", "%%")
                + "VALUES (%s, '2024-01-01 00:00+00', 1)",
                (key,),
            )
    table = PostgresTable(
        url_env=VARIABLE,
        table=names["table"],
        schema_name=names["schema"],
        sensor_key=names["sensor"],
        value_key=names["value"],
    )
    import_postgres(described(*keys, table=table, time_key=names["time"]), store)
    assert stored(store) == [("s0", at("2024-01-01"), 1.0), ("s1", at("2024-01-01"), 1.0)]


@pytest.mark.parametrize("relation", ["view", "materialized view", "partitioned"])
def test_views_and_partitioned_tables_are_read(database: str, store: ReadingsStore, relation: str) -> None:
    if relation == "partitioned":
        execute(database, TABLE + " PARTITION BY RANGE (time)")
        execute(database, "CREATE TABLE p PARTITION OF readings FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')")
        insert(database, [("a", "2024-01-01 00:00+00", 1.0), ("a", "2024-01-01 00:00+00", 2.0)])
    else:
        execute(database, TABLE.replace("readings", "base"))
        insert(database, [("a", "2024-01-01 00:00+00", 1.0), ("a", "2024-01-01 00:00+00", 2.0)], table="base")
        execute(database, f"CREATE {relation} readings AS TABLE base")
    import_postgres(described("a"), store)
    assert stored(store) == [("s0", at("2024-01-01"), 2.0)]


def test_chunks_that_inherit_from_the_table_are_read(database: str, store: ReadingsStore) -> None:
    """So TimescaleDB keeps a hypertable: an empty table, with the rows in children that are bounded in time."""
    execute(database, TABLE)
    for month in ("2024-01", "2024-02"):
        bounds = f"time >= '{month}-01 00:00+00' AND time < '{month}-01 00:00+00'::timestamptz + interval '1 month'"
        chunk = f'"_chunk {month}"'
        execute(database, f"CREATE TABLE {chunk} (CHECK ({bounds})) INHERITS (readings)")
        insert(database, [("a", f"{month}-05 00:00+00", 1.0), ("a", f"{month}-05 00:00+00", 2.0)], table=chunk)
    assert [report.unit for report in import_postgres(described("a"), store)] == ["2024-01", "2024-02"]
    assert stored(store) == [("s0", at("2024-01-05"), 2.0), ("s0", at("2024-02-05"), 2.0)]
    assert {report.status for report in import_postgres(described("a"), store)} == {"unchanged"}


def test_the_cure_for_a_lost_month_works(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("a", f"2024-0{month}-01 00:00+00", float(month)) for month in (1, 2)])
    import_postgres(described("a"), store)
    before = stored(store)
    part = next(part for entry in store.imports("db").values() for part in entry.parts if part.month == "2024-02")
    store.root.delete(part.file)
    with pytest.raises(StorageError, match=rf"{part.file}: is missing; import its source file again"):
        stored(store)
    assert [report.status for report in import_postgres(described("a"), store)] == ["unchanged", "reimported"]
    assert stored(store) == before


def test_small_slices_give_the_same_readings(
    database: str, store: ReadingsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database, NAIVE_TABLE)
    execute(
        database,
        "INSERT INTO readings SELECT s, t, extract(epoch FROM t) + ascii(s) "
        "FROM unnest(ARRAY['a', 'b', 'c']) s, generate_series(timestamp '2024-10-25', '2024-10-29', '30 minutes') t",
    )
    execute(database, "INSERT INTO readings SELECT sensor_id, time, value + 1 FROM readings")
    execute(database, "ANALYZE readings")
    description = described("a", "b", "c", zone="Europe/Copenhagen")
    (whole,) = import_postgres(description, store)
    expected = stored(store)
    assert len(expected) == 3 * (4 * 48 + 1 + 2)  # the doubled hour holds both rows of its two half hours
    monkeypatch.setattr(postgres, "SLICE_ROWS", 7)
    other = ReadingsStore(StorageRoot(f"{store.root.url}-small"))
    (small,) = import_postgres(description, other)
    (entry,) = other.imports("db").values()
    assert stored(other) == expected
    assert len(entry.parts) > 50
    assert (small.readings, small.times, small.cells) == (whole.readings, whole.times, whole.cells)
    for part in entry.parts:
        rows = pl.read_parquet(other.root.path(part.file))
        assert rows.equals(rows.sort("sensor_id", "time"))


def test_months_are_read_through_the_index_on_time(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    execute(
        database,
        "INSERT INTO readings SELECT 'a', t, 1 "
        "FROM generate_series(timestamptz '2020-01-01 00:00+00', '2021-12-31 00:00+00', '30 minutes') t",
    )
    execute(database, "CREATE INDEX ON readings (time)")
    execute(database, "ANALYZE readings")
    scans = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'readings'"
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        before = connection.execute(sa.text(scans)).one()
    assert len(import_postgres(described("a"), store)) == 24
    with engine.connect() as connection:
        after = connection.execute(sa.text(scans)).one()
    assert after.seq_scan == before.seq_scan
    assert after.idx_scan > before.idx_scan + 24


def test_no_statement_leaves_session_state_behind(
    database: str, store: ReadingsStore, postgres_server: PostgresServer
) -> None:
    execute(database, TABLE)
    insert(database, [("a", "2024-01-01 00:00+00", 1.0)])
    name = sa.make_url(database).database
    execute(database, f"ALTER DATABASE {name} SET log_statement = 'all'")
    log = postgres_server.folder / "log"
    offset = log.stat().st_size
    import_postgres(described("a"), store)
    statements = [
        line.split("statement: ", 1)[1]
        for line in log.read_text(errors="replace")[offset:].splitlines()
        if "statement: " in line
    ]
    assert any(statement.startswith("COPY") for statement in statements)
    assert "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" in statements
    verbs = {" ".join(statement.split()[:2]).upper() for statement in statements}
    assert not {verb for verb in verbs if verb.startswith(("LISTEN", "DECLARE", "PREPARE", "SET "))} - {"SET LOCAL"}
    assert not [statement for statement in statements if "advisory" in statement or "TEMP" in statement.upper()]


def test_an_import_through_pgbouncer_leaves_its_one_connection_as_it_was(
    database: str, store: ReadingsStore, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database, TABLE)
    insert(database, [("a", f"2024-0{month}-01 00:00+00", 0.1 + 0.2) for month in (1, 2, 3)])
    name = sa.make_url(database).database
    try:
        with running_pgbouncer(postgres_server, changes={"server_reset_query_always": "0"}) as pooled:
            monkeypatch.setenv(VARIABLE, pooled.url(name))
            assert [report.readings for report in import_postgres(described("a"), store)] == [1, 1, 1]
            assert {value for _, _, value in stored(store)} == {0.1 + 0.2}
            engine = sa.create_engine(pooled.url(name), poolclass=sa.NullPool)
            with engine.begin() as connection:
                settings = [connection.execute(sa.text(f"SHOW {setting}")).scalar() for setting in SETTINGS]
                connection.execute(sa.text("CREATE TABLE writable ()"))
            assert settings == ["0", "read committed", "off", "America/New_York"]
    except MissingPostgresError as error:
        pytest.skip(str(error))


def test_progress_hears_of_every_month(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("a", "2024-01-01 00:00+00", 1.0), ("a", "2025-01-01 00:00+00", 1.0)])
    heard: list[tuple[str, float]] = []
    import_postgres(described("a"), store, progress=lambda unit, share: heard.append((unit, share)))
    assert heard == [("2024-01", 0.5), ("2024-01", 1.0), ("2025-01", 0.5), ("2025-01", 1.0)]


def test_an_empty_table_has_no_months(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    assert import_postgres(described("a"), store) == []


@pytest.mark.parametrize(
    ("ddl", "message"),
    [
        ("CREATE TABLE other (a int)", r"table public\.readings is not there; schema public has other"),
        ("CREATE TABLE readings (sensor_id text, tid timestamptz, value real)", r"no column 'time' .* sensor_id, tid"),
        ("CREATE TABLE readings (sensor text, time timestamptz, value real)", "no column 'sensor_id' for the sensor"),
        ("CREATE TABLE readings (sensor_id text, time timestamptz)", "no column 'value' for the value"),
        ("CREATE TABLE readings (sensor_id text, time text, value real)", "'time' is of type text; it must be"),
        ("CREATE TABLE readings (sensor_id text, time bigint, value real)", "'time' is of type bigint"),
        ("CREATE TABLE readings (sensor_id int, time timestamp, value real)", "invalid input syntax .* integer"),
        ("CREATE TABLE readings (sensor_id text, time timestamp, value point)", "cannot cast type point"),
    ],
)
def test_a_table_that_is_not_as_described_is_named(database: str, store: ReadingsStore, ddl: str, message: str) -> None:
    execute(database, ddl)
    with pytest.raises(SourceError, match=message):
        import_postgres(described("a"), store)
    assert store.imports("db") == {}


def test_a_table_of_other_sensors_only_is_named_with_theirs(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    insert(database, [("air", "2024-01-01 00:00+00", 1.0), ("co2", "2024-01-01 00:00+00", 1.0)])
    with pytest.raises(SourceError, match=r"none of the described sensors.*such as air, co2"):
        import_postgres(described("a"), store)


def test_two_sensors_of_one_key_are_refused(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    with pytest.raises(SourceError, match="several sensors have the key a"):
        import_postgres(described("a", "a"), store)


def test_an_import_that_breaks_keeps_the_months_before_it(database: str, store: ReadingsStore) -> None:
    execute(database, "CREATE TABLE base (sensor_id text, time timestamptz, value text)")
    insert(database, [("a", "2024-01-01 00:00+00", "1"), ("a", "2024-02-01 00:00+00", "x")], table="base")
    execute(database, "CREATE VIEW readings AS SELECT sensor_id, time, value::float8 AS value FROM base")
    with pytest.raises(SourceError, match=r"table public.readings: reading failed .*double precision: \"x\""):
        import_postgres(described("a"), store)
    assert stored(store) == [("s0", at("2024-01-01"), 1.0)]


def test_a_table_that_may_not_be_read_is_named(
    database: str, store: ReadingsStore, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    execute(database, TABLE)
    user = f"reader_{sa.make_url(database).database}"
    postgres_server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'x'")
    outsider = sa.make_url(database).set(username=user, password="x")  # noqa: S106 - this test's user alone
    monkeypatch.setenv(VARIABLE, outsider.render_as_string(hide_password=False))
    try:
        with pytest.raises(SourceError, match="permission denied for table readings"):
            import_postgres(described("a"), store)
    finally:
        postgres_server.execute(f"DROP ROLE {user}")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, f"{VARIABLE} is not set; set it to .*postgresql://USER:PASSWORD@HOST"),
        ("hunter2", "holds no database address"),
        ("postgresql://me:hunter2@localhost:port/db", "holds no database address"),
        ("mysql://me:hunter2@localhost/db", "is the address of no PostgreSQL database"),
        ("postgresql://me:pass@hunter2@localhost/db", "more than one '@'"),
        ("postgresql://me:hunter2@127.0.0.1:1/db", "database 'db' on 127.0.0.1:1 cannot be reached .*refused"),
        ("postgresql://me:hunter2@127.0.0.1:1/db?nonsense=hunter2", "cannot be reached .*nonsense"),
    ],
)
def test_an_address_that_leads_nowhere_is_explained_without_its_password(
    store: ReadingsStore, monkeypatch: pytest.MonkeyPatch, address: str | None, message: str
) -> None:
    if address is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(SourceError, match=message) as raised:
        import_postgres(described("a"), store)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_wrong_password_is_not_shown(database: str, store: ReadingsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = sa.make_url(database).set(password=f"{PASSWORD} not").render_as_string(hide_password=False)
    monkeypatch.setenv(VARIABLE, wrong)
    with pytest.raises(SourceError, match="password authentication failed") as raised:
        import_postgres(described("a"), store)
    assert PASSWORD not in str(raised.value)


def test_time_is_cut_at_months_that_hold_rows_only(database: str, store: ReadingsStore) -> None:
    execute(database, TABLE)
    far = [at("1901-05-31 23:59:59"), at("2024-02-29"), at("2199-12-31 23:59:59")]
    insert(database, [("a", moment, 1.0) for moment in far])
    assert [report.unit for report in import_postgres(described("a"), store)] == ["1901-05", "2024-02", "2199-12"]
    assert [moment for _, moment, _ in stored(store)] == far
    assert far[2] + timedelta(seconds=1) == EVER[1]
