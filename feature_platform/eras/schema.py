"""The catalogue's schema: brought up to a program's own, or taken back to that of an older one."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from feature_platform.eras.tables import VERSION_TABLE
from feature_platform.errors import EraError

MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """The schema that a catalogue has; None where there is none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def migrate(connection: Connection, wanted: str, *, shown: str) -> None:
    """Bring a catalogue to the schema `wanted`, whichever it has, inside the connection's transaction.

    Raises
    ------
    EraError
        If one of the two schemas is newer than this program, or there never was such a one.
    """
    # Imported here: most openings find the schema that they want, and Alembic is slow to load.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    newest_first: list[Any] = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    found = revision(connection)
    if wanted not in newest_first:
        raise EraError(
            f"era catalogue {shown}: this program knows no schema {wanted!r}; take one of "
            f"{', '.join(reversed(newest_first))}"
        )
    if found is None:
        command.upgrade(config, wanted)
    elif found not in newest_first:
        raise EraError(
            f"era catalogue {shown}: its schema {found!r} is newer than this program knows ({newest_first[0]}); start "
            "the newer version of feature-platform again, or stop everything and take the schema back with that "
            f"version: feature-platform eras migrate --to {newest_first[0]}"
        )
    elif newest_first.index(found) < newest_first.index(wanted):
        command.downgrade(config, wanted)
    else:
        command.upgrade(config, wanted)
