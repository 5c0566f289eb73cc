"""How the command line speaks: tables and bars for people on stderr and stdout, JSON for scripts on stdout."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from feature_platform.client.report import RunReport
from feature_platform.client.source_run import Progress as RunProgress
from feature_platform.errors import FeaturePlatformError

WIDE = 130
"""Characters that the table of a run takes, with every era on one line."""

BAD_INPUT = 2
SOMETHING_FAILED = 1

# No markup: an era's label or a path may hold square brackets.
say = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
out = Console(highlight=False, soft_wrap=True, markup=False)


@contextmanager
def clear_errors() -> Iterator[None]:
    """One line and exit code 2 for what a user can mend."""
    try:
        yield
    except FeaturePlatformError as error:
        stop(str(error))


def stop(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 2."""
    say.print(f"error: {message}", style="red")
    raise typer.Exit(BAD_INPUT)


def print_json(content: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(content, indent=1, default=str) + "\n")


@contextmanager
def run_progress() -> Iterator[RunProgress]:
    """A bar over the eras of a run, with the stage that it is in."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=say, transient=True) as bars:
        task = bars.add_task("starting Dagster", total=None)

        def stage(text: str) -> None:
            if not say.is_terminal:
                say.print(text)
            bars.update(task, description=text, total=None, completed=0)

        def era(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield RunProgress(stage=stage, era=era)


def print_report(report: RunReport) -> None:
    """The table at the end of a run."""
    simulated = " [simulated data]" if report.simulated else ""
    title = (
        f"{report.source}{simulated}: {report.readings:,} readings, {report.sensors} sensors, {report.times:,} times"
    )
    # A pipe or a log has no width of its own; in a narrow terminal an era's id takes two lines, not seven.
    width = out.width if out.is_terminal else max(out.width, WIDE)
    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False, width=min(width, WIDE)
    )
    for name in ("era", "readings", "route", "engine", "seconds", "windows", "features", "selected", "checks"):
        number = name in {"readings", "seconds", "windows", "features", "selected"}
        table.add_column(
            name, justify="right" if number else "left", overflow="fold", no_wrap=name in {"era", "readings"}
        )
    for row in report.eras:
        table.add_row(
            row.era if width >= WIDE else "\n".join(row.era.rsplit(".", 1)),
            f"{row.readings:,}",
            row.route,
            row.engine if width >= WIDE else row.engine.replace(" + ", "\n"),
            f"{row.seconds:.1f}",
            str(row.windows),
            str(row.features),
            f"{row.selected} ({row.selection})" if row.selected else "0",
            ", ".join(f"{count} {word}" for word, count in sorted(row.checks.items())) or row.status,
            style=None if row.fine else "red",
        )
    out.print(table, width=width)
    rejected = ", ".join(f"{count:,} {cause}" for cause, count in sorted(report.rejected.items()))
    out.print(f"cells rejected: {rejected or 'none'}")
    for row in report.eras:
        if row.error:
            out.print(f"{row.era}: {row.error}", style="red")
