"""`feature-platform --version`."""

import sys
from importlib.metadata import version

import typer


def show(wanted: bool) -> None:
    """Print the version of what is installed, which pyproject.toml alone says, and end."""
    if wanted:
        sys.stdout.write(f"feature-platform {version('feature-platform')}\n")
        raise typer.Exit
