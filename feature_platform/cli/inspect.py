"""`feature-platform inspect`: propose a source description from files."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from feature_platform.cli.output import clear_errors


def inspect(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files of one source.")],
    name: Annotated[str | None, typer.Option(help="The source's name; by default from the file's.")] = None,
    zone: Annotated[str | None, typer.Option(help="The zone of the file's clock, where you know it.")] = None,
) -> None:
    """Print a source description that imports these files as they stand; read it before you use it."""
    from feature_platform.sources.inspection.propose import propose_description  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        sys.stdout.write(propose_description(files, source=name, zone=zone).to_yaml())
