"""`feature-platform demo` and `dev`: a simulated greenhouse year, and the UI over it."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import SOMETHING_FAILED, clear_errors, print_json, print_report, say
from feature_platform.cli.run import run_description
from feature_platform.sources.description import SourceDescription, load_description


def demo(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Simulate a greenhouse year (24 sensors, 5 minutes) and run the main job on it."""
    with clear_errors():
        description = demo_description(entered_home())
        report = run_description(description)
    if json:
        print_json(report.to_json())
    else:
        print_report(report)
        say.print("open the Dagster UI over it: make dev (or feature-platform dev)")
    if not report.fine:
        raise typer.Exit(SOMETHING_FAILED)


def dev(
    host: Annotated[str, typer.Option(help="The UI has no login: keep it on loopback.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
) -> None:
    """Open the Dagster UI (webserver and daemon) on this folder's data; an empty one is given the demo's source."""
    with clear_errors():
        home = entered_home()
        from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
        from feature_platform.stages.platform import Platform  # noqa: PLC0415 - needs the home that was just entered

        with opened_instance():
            pass  # Dagster itself would look at a route, and fail, with the first run
        catalogue = Platform.from_environment().catalogue
        if not catalogue.sources():
            catalogue.register_source(demo_description(home))
            say.print("registered the simulated demo source; materialize source_readings and era_catalogue in the UI")
    # `dg`, which Dagster's warning asks for, wants a project of its own layout.
    quiet = ("-W", "ignore:Function `dev_command` is superseded")
    dagster_dev = ("-m", "dagster", "dev", "-w", str(home / "workspace.yaml"), "-h", host, "-p", str(port))
    command = [sys.executable, *quiet, *dagster_dev]
    # In this process's place: whoever ends the command ends the servers.
    os.execve(command[0], command, os.environ)  # noqa: S606 - no shell is meant


def demo_description(home: Path) -> SourceDescription:
    """The demo's source, written once into the Dagster home."""
    from feature_platform.demo.simulator import write_demo  # noqa: PLC0415 - simulates a year

    folder = home / "demo"
    source = folder / "source.yaml"
    return load_description(source if source.is_file() else write_demo(folder).source_yaml)
