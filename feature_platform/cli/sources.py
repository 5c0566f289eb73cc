"""`feature-platform sources`: list, remove."""

from typing import Annotated

import typer
from rich.table import Table

from feature_platform.cli.eras import opened
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.cli.store import owner_url

app = typer.Typer(help="Look at the registered sources, and remove one.", no_args_is_help=True)


@app.command("list")
def list_sources(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """The registered sources."""
    with clear_errors():
        catalogue = opened().catalogue
        rows = [
            {
                "source": name,
                "version": catalogue.source_version(name),
                "format": catalogue.source(name).format,
                "sensors": len(catalogue.source(name).sensors),
                "eras": len(catalogue.eras(source=name)),
                "simulated": catalogue.source(name).simulated,
            }
            for name in catalogue.sources()
        ]
    if json:
        print_json(rows)
        return
    table = Table()
    for heading in ("source", "version", "format", "sensors", "eras", "simulated"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row.values()))
    out.print(table)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The source's name, as sources list shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a source: readings, eras, partitions, features, selections, stored values, descriptions.

    Refused while runs are queued or under way. Removing one that was interrupted is run again, and goes on.
    """
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.orchestration.source_removal import remove_source  # noqa: PLC0415 - imports Dagster
    from feature_platform.stages.source_removal import source_traces  # noqa: PLC0415 - keeps --help fast
    from feature_platform.store.feature_store import FeatureStore  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        platform = opened()
        traces = source_traces(platform, name)
        owned = FeatureStore(owner_url(None)) if traces.stored else None
        say.print(
            f"source {name}: {traces.eras} eras, {traces.files} files of {traces.bytes / 1e6:,.1f} MB, "
            f"{traces.stored} rows of the feature store's lists"
        )
        if not yes:
            typer.confirm("Delete all of it? It cannot be brought back", abort=True, err=True)
        with opened_instance() as instance:
            remove_source(platform, instance, name, owned_store=owned)
    say.print(f"source {name} removed")
