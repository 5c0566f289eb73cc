"""A deployment in PostgreSQL, as docker/dagster.yaml sets up all but its runs, behind a pgbouncer of its own."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import feature_platform
from feature_platform.templates import lay_out, lay_out_home, template
from feature_platform_tests.pgbouncer import Pgbouncer, running_pgbouncer
from feature_platform_tests.postgres_server import MissingPostgresError, PostgresServer, running_postgres

DATABASE = "platform"
POOL_SIZE = 6
SHIPPED = Path(feature_platform.__file__).parents[1] / "docker" / "dagster.yaml"


@dataclass(frozen=True)
class PostgresHome:
    """A Dagster home, its database, and the pool that all its programs connect to."""

    folder: Path
    server: PostgresServer
    pool: Pgbouncer

    @property
    def environment(self) -> dict[str, str]:
        """Where this home's programs find their database."""
        return os.environ | {
            "COLUMNS": "200",
            "DAGSTER_HOME": str(self.folder),
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.pool.port),
            "DAGSTER_PG_DB": DATABASE,
            "DAGSTER_PG_USERNAME": self.pool.user,
            "DAGSTER_PG_PASSWORD": self.pool.password,
            "FEATURE_PLATFORM_CATALOGUE_URL": self.pool.url(DATABASE),
        }


@pytest.fixture(scope="module")
def postgres_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresHome]:
    folder = tmp_path_factory.mktemp("home")
    settings = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    settings["run_coordinator"]["config"] |= {"limits": {"cpu": 2, "gpu": 1}, "large_compute": "gpu"}
    # Its runs are containers, for which these tests would need an engine.
    settings["run_launcher"] = yaml.safe_load(template("dagster.yaml"))["run_launcher"]
    lay_out(folder / "dagster.yaml", yaml.safe_dump(settings))
    lay_out_home(folder)
    try:
        with running_postgres() as server:
            server.create_database(DATABASE)
            with running_pgbouncer(server, pool_size=POOL_SIZE) as pool:
                yield PostgresHome(folder, server, pool)
    except MissingPostgresError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the PostgreSQL tests: {error}")
        pytest.skip(f"no PostgreSQL server: {error}")
