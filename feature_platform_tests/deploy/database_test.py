"""What the chart does to the database, done to a real one: its migration job, and its pgbouncer."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
import yaml

from feature_platform.eras.tables import VERSION_TABLE
from feature_platform_tests.deploy.chart_values import EXTRAS
from feature_platform_tests.deploy.helm import render
from feature_platform_tests.pgbouncer import Pgbouncer
from feature_platform_tests.postgres_server import PostgresServer, free_port, give_to_owner

pytestmark = [pytest.mark.deploy, pytest.mark.postgres]

NAME = "platform"


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    postgres_server.create_database(NAME)
    yield postgres_server
    postgres_server.drop_database(NAME)


@pytest.fixture(scope="module")
def documents(deploy_tools: None, database: PostgresServer) -> dict[tuple[str, str], dict[str, Any]]:
    """The chart for this database."""
    address = {"host": "127.0.0.1", "port": database.port, "name": NAME, "user": database.user}
    manifests = render(EXTRAS, {"database": address, "storage": "gs://bucket/features"}, release="extras")
    found = [document for text in manifests.values() for document in yaml.safe_load_all(text) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in found}


def run_job(documents: dict[tuple[str, str], dict[str, Any]], home: Path, database: PostgresServer) -> None:
    """The migration job's containers one after the other, as Kubernetes would start them."""
    home.mkdir()
    (home / "dagster.yaml").write_text(documents["ConfigMap", "feature-platform-migration"]["data"]["dagster.yaml"])
    spec = documents["Job", "feature-platform-migration"]["spec"]["template"]["spec"]
    for container in (*spec["initContainers"], *spec["containers"]):
        assert container["envFrom"] == [{"secretRef": {"name": "feature-platform-database"}}]
        given = {variable["name"]: variable["value"] for variable in container["env"]}
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            **given,
            "DAGSTER_HOME": str(home),
            "PGPASSWORD": database.password,
        }
        done = subprocess.run(
            container["args"], env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_migration_job_makes_every_table_and_may_run_again(
    documents: dict[tuple[str, str], dict[str, Any]], database: PostgresServer, tmp_path: Path
) -> None:
    run_job(documents, tmp_path / "first", database)
    engine = sa.create_engine(database.url(NAME), poolclass=sa.NullPool)
    tables = set(sa.inspect(engine).get_table_names())
    assert {"runs", "event_logs", "job_ticks", "alembic_version", VERSION_TABLE} <= tables
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 1
    run_job(documents, tmp_path / "again", database)
    assert set(sa.inspect(engine).get_table_names()) == tables


def test_pgbouncer_starts_on_the_chart_s_settings_and_leads_to_the_database(
    documents: dict[tuple[str, str], dict[str, Any]], database: PostgresServer
) -> None:
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed; Debian: apt-get install pgbouncer")
    folder, port = Path(tempfile.mkdtemp(prefix="fpb")), free_port()
    try:
        users = folder / "users.txt"
        users.write_text(f'"{database.user}" "{database.password}"\n')
        files = []
        for name, text in documents["ConfigMap", "pgbouncer"]["data"].items():
            file = folder / name
            file.write_text(
                text.replace("/etc/pgbouncer/", f"{folder}/").replace("/etc/pgbouncer-users/", f"{folder}/")
            )
            files.append(file)
        (spec,) = documents["Deployment", "pgbouncer"]["spec"]["template"]["spec"]["containers"]
        main = folder / Path(spec["command"][1]).name
        main.write_text(f"{main.read_text()}listen_addr = 127.0.0.1\nlisten_port = {port}\n")
        give_to_owner(folder, users, *files)
        pooled = Pgbouncer(folder, port, database.user, database.password, (program, str(main)))
        pooled.start()
        try:
            shown = psycopg2.connect(
                host="127.0.0.1", port=port, user=database.user, password=database.password, dbname=NAME
            )
            with shown.cursor() as cursor:
                cursor.execute("SELECT current_database(), inet_server_port()")
                assert cursor.fetchone() == (NAME, database.port)
            shown.close()
        finally:
            pooled.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
