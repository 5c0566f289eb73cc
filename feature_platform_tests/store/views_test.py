"""What people, Grafana and BI tools read: the windows, the long form, and a wide query."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg2 import sql
from psycopg2.errors import RaiseException

from feature_platform.eras.era import Era
from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.postgres_server import PostgresServer
from feature_platform_tests.store.conftest import DATABASE
from feature_platform_tests.store.values import DAY, ERA, START, era_values, windows

pytestmark = pytest.mark.postgres
LONG = 'afd3.air_temp__agg_linear_trend__attr_"intercept"__chunk_len_10__f_agg_"{}"'
NAMES = ["a__mean", LONG.format("max"), LONG.format("min"), "\U0001f345" * 20]
LATER = Era("house", "declared", START + 5 * DAY, START + 9 * DAY)


@pytest.fixture
def store(store_url: str) -> FeatureStore:
    """Two eras: the first on two selections, of which the second has more columns."""
    opened = FeatureStore(store_url)
    table = windows({name: [number + 0.5, None, number * 2.0] for number, name in enumerate(NAMES)})
    opened.put(era_values(NAMES[:1]), table, still_wanted=lambda: True)
    opened.put(era_values(NAMES, version=2, content="m2"), table, still_wanted=lambda: True)
    later = table.with_columns(window_start=table["window_start"] + 5 * DAY, window_end=table["window_end"] + 5 * DAY)
    opened.put(era_values(NAMES[:1], era=LATER), later, still_wanted=lambda: True)
    return opened


def rows(server: PostgresServer, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    return server.execute(
        sql.SQL(statement).format(*(sql.Literal(argument) for argument in arguments)), database=DATABASE
    )


def test_the_long_form_and_the_array_say_the_same(store: FeatureStore, store_server: PostgresServer) -> None:
    long = rows(
        store_server,
        "SELECT version, era_id, window_start, value FROM features.feature_values WHERE feature = {} ORDER BY 3",
        NAMES[0],
    )
    picked = rows(
        store_server,
        "SELECT version, era_id, window_start, values[array_position(names, {})] FROM features.windows ORDER BY 3",
        NAMES[0],
    )
    # The era that is on the newer selection is there once, under that one.
    assert long == picked
    assert [(row[0], row[1], row[3]) for row in long] == [
        *((2, ERA.era_id, value) for value in (0.5, None, 0.0)),
        *((1, LATER.era_id, value) for value in (0.5, None, 0.0)),
    ]
    assert rows(store_server, "SELECT count(*) FROM features.feature_values") == [(3 * len(NAMES) + 3,)]


def test_a_wide_query_has_a_column_for_each_feature_whatever_its_length(
    store: FeatureStore, store_server: PostgresServer
) -> None:
    ((query,),) = rows(store_server, "SELECT features.wide_query('house', 'declared')")
    wide = rows(store_server, f"SELECT to_jsonb(wide) FROM ({query}) AS wide")  # noqa: S608 - the store's own
    columns = list(wide[0][0])
    assert len(columns) == 3 + len(NAMES)
    assert all(len(name.encode()) <= 63 for name in columns)
    first = LONG.format("max")[:56]
    assert {"a__mean", f"{first}~2", f"{first}~3", "?" * 20 + "~4"} < set(columns)
    assert [row[0][f"{first}~3"] for row in wide] == [2.5, None, 4.0]
    ((query,),) = rows(store_server, "SELECT features.wide_query('house', 'declared', 'a\\_\\_%', 1)")
    assert len(rows(store_server, query)[0]) == 4


def test_a_wide_query_of_too_much_or_nothing_says_so(store: FeatureStore, store_server: PostgresServer) -> None:
    many = [f"a__{number}" for number in range(1700)]
    era = Era("wide", "a", START, START + DAY)
    store.put(era_values(many, era=era), windows({name: [1.0] for name in many}), still_wanted=lambda: True)
    with pytest.raises(RaiseException, match="1700 of 1700 features are like %; name 1 to 1600"):
        rows(store_server, "SELECT features.wide_query('wide', 'a')")
    ((query,),) = rows(store_server, "SELECT features.wide_query('wide', 'a', 'a\\_\\_1%')")
    assert len(rows(store_server, query)[0]) == 3 + 1 + 10 + 100 + 700
    with pytest.raises(RaiseException, match=r"no such selection of source nowhere, level a; see features.selections"):
        rows(store_server, "SELECT features.wide_query('nowhere', 'a')")


def test_superseded_and_replaced_eras_are_in_the_history_alone(
    store: FeatureStore, store_server: PostgresServer
) -> None:
    moment = datetime.fromisoformat("2024-07-01T00:00+00:00")
    store.mark_superseded({ERA.era_id: moment, LATER.era_id: None})
    assert rows(store_server, "SELECT DISTINCT era_id FROM features.windows") == [(LATER.era_id,)]
    store.withdraw([LATER.era_id], moment)
    assert rows(store_server, "SELECT count(*) FROM features.eras") == [(0,)]
    assert rows(store_server, "SELECT count(*) FROM features.era_history") == [(3,)]
    assert store.prune(moment) == 0
    assert store.prune(moment + timedelta(seconds=1)) == 1
    assert rows(store_server, "SELECT DISTINCT era_id FROM features.window_history") == [(ERA.era_id,)]


def test_windows_lie_in_a_partition_a_year_with_both_indexes(store: FeatureStore, store_server: PostgresServer) -> None:
    found = rows(
        store_server,
        "SELECT tableoid::regclass::text, count(*) FROM features.window_values GROUP BY 1 ORDER BY 1",
    )
    assert found == [("features.window_values_2023", 4), ("features.window_values_2024", 5)]
    kinds = rows(
        store_server,
        "SELECT amname, indrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indexrelid "
        "JOIN pg_am ON pg_am.oid = relam WHERE indrelid = 'features.window_values_2024'::regclass ORDER BY 1",
    )
    assert [kind for kind, _ in kinds] == ["brin", "btree", "btree"]
