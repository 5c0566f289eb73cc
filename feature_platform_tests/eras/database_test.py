import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect, text

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.database import Database
from feature_platform.eras.schema import MIGRATIONS
from feature_platform.eras.tables import SCHEMA_REVISION, VERSION_TABLE, metadata
from feature_platform.errors import CatalogueUnreachableError, EraError
from feature_platform_tests.eras.days import days
from feature_platform_tests.full_disk import Disk
from feature_platform_tests.postgres_server import PostgresServer
from feature_platform_tests.read_only import OpenFolder


def test_the_migrations_make_the_tables_that_the_code_uses(catalogue_url: str) -> None:
    Catalogue(catalogue_url)
    engine = create_engine(catalogue_url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_the_named_schema_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_REVISION


def test_a_catalogue_opens_again_with_what_it_holds(catalogue_url: str) -> None:
    Catalogue(catalogue_url).record_cut("demo", "declared", [days(1, 5)], settings={})
    assert [record.era for record in Catalogue(catalogue_url).eras()] == [days(1, 5)]


def test_a_catalogue_of_the_first_schema_is_upgraded_with_what_it_holds(catalogue_url: str) -> None:
    engine = create_engine(catalogue_url, poolclass=NullPool)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO catalogue_launches VALUES ('run', 'holder', 0)"))
        assert not inspect(connection).has_table("catalogue_stage_costs")
    catalogue = Catalogue(catalogue_url)
    assert not catalogue.claim_launch("run", "another")
    assert catalogue.stage_costs() == []
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM catalogue_schema")).scalar() == SCHEMA_REVISION


MEASURED = "INSERT INTO catalogue_stage_costs VALUES ('cpu', 'minimal', 'raw_readings', 'era', 10, 3, 0.5, 'polars', 0)"


def test_what_was_measured_before_use_was_is_kept(catalogue_url: str) -> None:
    with create_engine(catalogue_url, poolclass=NullPool).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0002")
        connection.execute(text(MEASURED))
    (cost,) = Catalogue(catalogue_url).stage_costs()
    assert (cost.seconds, cost.cpu_seconds, cost.memory_mib) == (0.5, None, None)


def test_a_schema_of_a_newer_program_is_refused_with_the_way_back(catalogue_url: str) -> None:
    Catalogue(catalogue_url)
    with create_engine(catalogue_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("UPDATE catalogue_schema SET version_num = '9999'"))
    way_back = rf"schema '9999' is newer than .*\({SCHEMA_REVISION}\); start .* eras migrate --to {SCHEMA_REVISION}$"
    with pytest.raises(EraError, match=way_back):
        Catalogue(catalogue_url)


@pytest.mark.parametrize("older", ["0001", "0002"])
def test_the_schema_is_taken_back_for_an_older_program_with_what_that_one_knows(catalogue_url: str, older: str) -> None:
    engine = create_engine(catalogue_url, poolclass=NullPool)

    def columns() -> dict[str, set[str]]:
        seen = inspect(engine)
        return {table: {str(column["name"]) for column in seen.get_columns(table)} for table in seen.get_table_names()}

    Database(catalogue_url, schema=older)
    as_made = columns()
    assert Catalogue(catalogue_url).claim_launch("run", "holder")
    assert columns() != as_made
    Database(catalogue_url, schema=older)
    assert columns() == as_made
    assert not Catalogue(catalogue_url).claim_launch("run", "another")


def test_a_schema_that_never_was_is_refused(catalogue_url: str) -> None:
    Catalogue(catalogue_url)
    with pytest.raises(EraError, match=r"knows no schema '0000'; take one of 0001, .*0003$"):
        Database(catalogue_url, schema="0000")


@pytest.mark.postgres
def test_a_database_that_cannot_hold_every_text_is_one_clear_error(postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE DATABASE western ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(EraError, match=r"database 'western' has the encoding LATIN1, .*: (CREATE .*)") as caught:
            Catalogue(postgres_server.url("western"))
        postgres_server.execute(str(caught.value).partition("move there: ")[2])
        Catalogue(postgres_server.url("western_utf8"))
    finally:
        postgres_server.drop_database("western")
        postgres_server.drop_database("western_utf8")


@pytest.fixture
def closed_port() -> Iterator[int]:
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes it, and it refuses
        yield unheard.getsockname()[1]


def test_a_postgres_that_is_down_is_one_clear_error_without_the_password(closed_port: int) -> None:
    with pytest.raises(CatalogueUnreachableError, match=r"cannot be reached .*check that the database runs") as caught:
        Catalogue(f"postgresql://grower:hunter2@127.0.0.1:{closed_port}/catalogue")
    assert "grower:***@127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_locked_file_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.db"
    catalogue = Catalogue(f"sqlite:///{file}", patience=timedelta(milliseconds=50))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogueUnreachableError, match=r"catalogue\.db: .*locked.*end it or wait"):
            catalogue.claim_launch("run", "holder")
        assert catalogue.eras() == []
    assert catalogue.claim_launch("run", "holder")


def test_a_file_that_another_program_has_alone_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogueUnreachableError, match="locked"):
            Catalogue(f"sqlite:///{file}", patience=timedelta(milliseconds=50))


def test_a_file_opened_read_only_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.db"
    Catalogue(f"sqlite:///{file}")
    catalogue = Catalogue(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert catalogue.eras() == []
    with pytest.raises(CatalogueUnreachableError, match="give write access to the file and its folder"):
        catalogue.claim_launch("run", "holder")


def test_a_read_only_folder_is_one_clear_error(unwritable: OpenFolder, tmp_path: Path) -> None:
    Catalogue(f"sqlite:///{tmp_path / 'imports-everything.db'}")
    with (
        unwritable.read_only(),
        pytest.raises(CatalogueUnreachableError, match=r"catalogue\.db: .*a folder that this user can write"),
    ):
        Catalogue(f"sqlite:///{unwritable.path / 'catalogue.db'}")


def test_a_catalogue_that_became_read_only_is_one_clear_error_and_stays_as_it_was(unwritable: OpenFolder) -> None:
    url = f"sqlite:///{unwritable.path / 'catalogue.db'}"
    catalogue = Catalogue(url)
    assert catalogue.claim_launch("first", "holder")
    with unwritable.read_only(), pytest.raises(CatalogueUnreachableError, match="cannot be used") as caught:
        catalogue.claim_launch("second", "holder")
    assert "write" in str(caught.value)
    assert not Catalogue(url).claim_launch("first", "another")
    assert Catalogue(url).claim_launch("second", "holder")


def fill(catalogue: Catalogue) -> None:
    for run in range(2000):
        catalogue.claim_launch(f"run {run} {'x' * 200}", "holder")


def test_a_full_disk_is_one_clear_error_and_what_was_there_stays(disk: Disk) -> None:
    catalogue = Catalogue(f"sqlite:///{disk.folder / 'catalogue.db'}")
    assert catalogue.claim_launch("first", "holder")
    with disk.full(), pytest.raises(CatalogueUnreachableError, match=r"cannot be used .*(free space|disk is full)"):
        fill(catalogue)
    assert not catalogue.claim_launch("first", "another")
    assert catalogue.claim_launch("second", "holder")


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CatalogueUnreachableError, match="its folder cannot be made"):
        Catalogue(f"sqlite:///{tmp_path / 'taken' / 'catalogue.db'}")


def test_a_file_that_is_a_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnreachableError, match="must be a file in a folder that this user can write"):
        Catalogue(f"sqlite:///{tmp_path}")


def test_a_file_of_something_else_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.db"
    file.write_bytes(b"time;value\n" * 500)
    with pytest.raises(CatalogueUnreachableError, match="file is not a database"):
        Catalogue(f"sqlite:///{file}")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "in memory is seen by one process only"),
        ("sqlite:///:memory:", "in memory is seen by one process only"),
        ("mysql://user:secret@host/name", "'mysql' is not supported"),
        ("secret words", "URL cannot be read"),
    ],
)
def test_an_unusable_url_is_one_clear_error(url: str, message: str) -> None:
    with pytest.raises(EraError, match=message) as caught:
        Catalogue(url)
    assert "secret" not in str(caught.value)
