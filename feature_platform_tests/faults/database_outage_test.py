"""The main job with everything in PostgreSQL, whose server, pool and connections go away under it."""

import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from feature_platform_tests.faults.conftest import DATABASE, POOL_SIZE, PostgresHome
from feature_platform_tests.tiny_source import tiny_source

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.long, pytest.mark.postgres, pytest.mark.timeout(600)]

ERAS = 10
OUTAGE_SECONDS = 20
EXHAUSTED_SECONDS = 5
PATIENCE_SECONDS = 400
UNDER_WAY = """
SELECT count(*) FILTER (WHERE status = 'STARTED'), count(*) FILTER (WHERE status <> 'NOT_STARTED')
FROM runs WHERE pipeline_name = 'era_job'
"""


def wait_for_era_runs(home: PostgresHome) -> None:
    """Until all eras' runs are in the queue, and one is at work."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not under_way(home):
        assert time.monotonic() < deadline, "no era's run is at work"
        time.sleep(0.1)


def under_way(home: PostgresHome) -> bool:
    if home.server.execute("SELECT to_regclass('runs') IS NULL", database=DATABASE) == [(True,)]:
        return False
    ((started, submitted),) = home.server.execute(UNDER_WAY, database=DATABASE)
    return started > 0 and submitted >= ERAS


def take_all_connections(home: PostgresHome, seconds: float) -> None:
    address = sa.make_url(home.pool.url(DATABASE)).translate_connect_args(username="user", database="dbname")
    with ExitStack() as held:
        for _ in range(POOL_SIZE):
            connection = psycopg2.connect(**address)
            held.callback(connection.close)
            connection.cursor().execute("SELECT 1")  # opens a transaction, which keeps the server's connection
        time.sleep(seconds)


@pytest.fixture(scope="module")
def report(postgres_home: PostgresHome, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `feature-platform run` says after the outages that happened while it ran."""
    source = tiny_source(tmp_path_factory.mktemp("source"), days=2 * ERAS, eras={"method": "calendar", "unit": "2d"})
    said = postgres_home.folder / "said"
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "feature_platform",
                "run",
                *("--source", source.yaml),
                "--one-run-per-era",
                "--json",
            ],
            env=postgres_home.environment,
            cwd=postgres_home.folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        wait_for_era_runs(postgres_home)
        postgres_home.server.stop()
        time.sleep(OUTAGE_SECONDS)
        postgres_home.server.start()
        wait_for_era_runs(postgres_home)  # at least those that had no database are there again
        postgres_home.pool.stop()
        postgres_home.pool.start()
        take_all_connections(postgres_home, EXHAUSTED_SECONDS)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.send_signal(signal.SIGINT)  # a kill would leave its daemon behind
        process.wait(timeout=60)
    assert process.returncode == 0, said.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(out)
    return found


def test_every_era_is_computed_although_the_database_went_away(report: dict[str, Any]) -> None:
    assert len(report["eras"]) == ERAS
    assert {row["status"] for row in report["eras"]} == {"SUCCESS"}
    assert all(row["selected"] > 0 for row in report["eras"])


def test_no_run_is_left_behind(report: dict[str, Any], postgres_home: PostgresHome) -> None:
    statuses = dict(
        postgres_home.server.execute("SELECT status, count(*) FROM runs GROUP BY status", database=DATABASE)
    )
    assert set(statuses) <= {"SUCCESS", "FAILURE"}


def test_no_log_tells_the_password(report: dict[str, Any], postgres_home: PostgresHome) -> None:
    secret = postgres_home.pool.password.encode()
    files = [file for file in postgres_home.folder.rglob("*") if file.is_file()]
    assert any(file.name == "worker.log" for file in files)
    assert [file for file in files if secret in file.read_bytes()] == []


def test_a_statement_timeout_of_the_webserver_stays_its_own(postgres_home: PostgresHome) -> None:
    url = sa.make_url(postgres_home.pool.url(DATABASE))
    address = url.translate_connect_args(username="user", database="dbname")
    for _ in range(POOL_SIZE):
        first = psycopg2.connect(**address)
        first.autocommit = True
        first.cursor().execute("SET statement_timeout = 1234")
        with first.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
        first.close()
    found = set()
    for _ in range(2 * POOL_SIZE):
        connection = psycopg2.connect(**address)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            found.add(cursor.fetchone()[0])
        connection.close()
    assert found == {"0"}
