"""A worker that is killed in the middle of a COPY leaves the era as it was."""

import signal
import subprocess
import sys
import time

import pytest

from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.postgres_server import PostgresServer
from feature_platform_tests.store.conftest import DATABASE, url_of
from feature_platform_tests.store.put_big_era import BIG, NAMES
from feature_platform_tests.store.values import era_values, windows

pytestmark = [pytest.mark.postgres, pytest.mark.fault]
COPIED = "SELECT coalesce(max(tuples_processed), 0) FROM pg_stat_progress_copy WHERE datname = current_database()"
HELD = "SELECT manifest_version, count(*) FROM features.era_versions JOIN features.window_values USING (stored_id) {}"


def held(server: PostgresServer) -> list[tuple[str, int]]:
    statement = HELD.format("WHERE replaced_at IS NULL GROUP BY 1")
    return [(version, count) for version, count in server.execute(statement, database=DATABASE)]


def test_an_era_stays_whole_when_its_writer_is_killed_while_copying(
    store_url: str, store_server: PostgresServer
) -> None:
    store = FeatureStore(url_of("worker", store_url))
    old = windows({name: [1.0, 2.0] for name in NAMES})
    store.put(era_values(NAMES, era=BIG), old, still_wanted=lambda: True)
    command = [sys.executable, "-m", "feature_platform_tests.store.put_big_era", url_of("worker", store_url)]
    writer = subprocess.Popen(command)
    try:
        while store_server.execute(COPIED, database=DATABASE) == [(0,)]:
            assert writer.poll() is None, "it was done before it could be killed"
            time.sleep(0.01)
    finally:
        writer.kill()
    assert writer.wait(timeout=30) == -signal.SIGKILL
    assert held(store_server) == [("m1", 2)]
    # The server frees the era's lock when it notices; the next writer waits for that, and finds the era as it was.
    again = era_values(NAMES, era=BIG, content="m2", features="f2", hour=1)
    assert store.put(again, windows({name: [3.0] * 5 for name in NAMES}), still_wanted=lambda: True) == "written"
    assert held(store_server) == [("m2", 5)]
