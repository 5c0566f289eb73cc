"""`feature-platform export`: selected features into one file."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, say, stop

WRITERS = {".parquet": "write_parquet", ".csv": "write_csv"}


def export(
    file: Annotated[Path, typer.Argument(help="Where to write; .parquet or .csv.")],
    source: Annotated[str, typer.Option(help="The source's name.")],
    level: Annotated[str, typer.Option(help="a, b, c, declared, calendar or whole.")] = "calendar",
    as_of: Annotated[datetime | None, typer.Option(help="Only what was known at this time (UTC).")] = None,
    version: Annotated[int | None, typer.Option(help="The pinned selection's version; by default the newest.")] = None,
) -> None:
    """Write the selected features of a source's eras, one row per era and window."""
    from feature_platform.load import load_features  # noqa: PLC0415 - keeps --help fast
    from feature_platform.storage.root import StorageRoot  # noqa: PLC0415 - keeps --help fast

    if file.suffix not in WRITERS:
        stop(f"{file}: end the name with .parquet or .csv")
    if file.exists():
        stop(f"{file}: is there already; name another file or move it away")
    with clear_errors():
        entered_home()
        moment = as_of.replace(tzinfo=UTC) if as_of else None
        table = load_features(source=source, level=level, as_of=moment, version=version)
        content = io.BytesIO()
        getattr(table, WRITERS[file.suffix])(content)
        StorageRoot(str(file.absolute().parent)).write(file.name, content.getvalue())
    say.print(f"wrote {table.height:,} rows x {table.width:,} columns to {file}")
