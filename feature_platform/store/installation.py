"""Make a feature store, or bring it to the newest schema: its tables, its two group roles and what these may do."""

from pathlib import Path

from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from feature_platform.errors import StoreError
from feature_platform.store.database import SCHEMA, VERSION_TABLE, StoreDatabase

WRITER, READER = "feature_platform_writer", "feature_platform_reader"
MIGRATIONS = Path(__file__).parent / "migrations"

VIEWS = ("selections", "era_history", "window_history", "eras", "windows", "feature_values")
BOTH = f"{WRITER}, {READER}"
GRANTS = (
    f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO {BOTH}",
    f"GRANT SELECT ON {SCHEMA}.{VERSION_TABLE}, {', '.join(f'{SCHEMA}.{view}' for view in VIEWS)} TO {BOTH}",
    f"GRANT EXECUTE ON FUNCTION {SCHEMA}.wide_query TO {BOTH}",
    f"GRANT EXECUTE ON FUNCTION {SCHEMA}.ensure_partitions TO {WRITER}",
    f"GRANT SELECT, INSERT ON {SCHEMA}.selection_lists, {SCHEMA}.era_versions, {SCHEMA}.window_values TO {WRITER}",
    f"GRANT UPDATE (replaced_at, superseded_at) ON {SCHEMA}.era_versions TO {WRITER}",
)


def install_store(url: str) -> None:
    """Create or migrate the store as the URL's user, who will own it; nothing happens where all is in place.

    Raises
    ------
    StoreError
        If the database cannot be reached, the store is newer than this program, or the user may not create it.
    """
    database = StoreDatabase(url)
    with database.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('feature_platform.store.install'))"))
        for role in (WRITER, READER):
            _ensure_role(connection, role)
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        _migrate(connection, database)
        for grant in GRANTS:
            connection.execute(text(grant))


def _ensure_role(connection: Connection, role: str) -> None:
    if connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar():
        return
    try:
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise StoreError(
            f"role {role} is not there and this user may not create it; have an administrator run: "
            f"CREATE ROLE {WRITER} NOLOGIN; CREATE ROLE {READER} NOLOGIN"
        ) from error


def _migrate(connection: Connection, database: StoreDatabase) -> None:
    # Imported here: nothing but an installation needs Alembic, which is slow to load.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    place = {"version_table": VERSION_TABLE, "version_table_schema": SCHEMA}
    found = MigrationContext.configure(connection, opts=place).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(f"feature store {database}: its schema {found!r} is newer than this program's; upgrade it")
    command.upgrade(config, "head")
