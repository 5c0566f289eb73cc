"""`feature-platform stale`: what `run --stale` would compute, why, and what it is expected to take."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.errors import RoutingError


def stale(
    source: Annotated[
        Path | None,
        typer.Option(help="A description, which need not be registered yet; by default all registered sources."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what of each source is missing or stale by data, settings, code or input, and what computing it takes.

    Nothing is registered, imported or computed. With a changed description, that is what the change will cost.
    """
    from feature_platform.cli.run import described  # noqa: PLC0415 - keeps --help fast
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.client.stale_eras import stale_eras  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.coordinator import EraRunCoordinator  # noqa: PLC0415 - imports Dagster
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        catalogue = (platform := Platform.from_environment()).catalogue
        if source is None:
            descriptions = [catalogue.source(name) for name in catalogue.sources()]
        else:
            descriptions = [described(source, eras=None, features=None)]
        with opened_instance() as instance:
            queue = instance.run_coordinator
            if not isinstance(queue, EraRunCoordinator):
                raise RoutingError(
                    "dagster.yaml names another run_coordinator than EraRunCoordinator, so nobody knows where eras "
                    "would run; take it from the dagster.yaml that feature-platform init writes"
                )
            rows = [row for description in descriptions for row in stale_eras(platform, description, queue)]
    if json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        say.print("nothing is missing or stale")
        return
    table = Table()
    for name in ("source", "from", "why", "eras", "readings", "hours", "price", "eras without an estimate"):
        table.add_column(name, justify="left" if name in {"source", "from", "why"} else "right", overflow="fold")
    for row in rows:
        table.add_row(
            row.source,
            row.dataset,
            row.reason.replace("_", " by "),
            f"{row.eras:,}",
            f"{row.readings:,}",
            "-" if row.untold == row.eras else f"{row.hours:,.2f}",
            "-" if row.price is None else f"{row.price:,.2f}",
            f"{row.untold:,}",
        )
    out.print(table)
    say.print("feature-platform run --source SOURCE.yaml --stale computes them")
