"""The `feature-platform` command."""

from typing import Annotated

import typer

from feature_platform.cli import (
    clean_up,
    cost,
    demo,
    doctor,
    eras,
    export,
    exporter,
    features,
    init,
    inspect,
    run,
    sources,
    stale,
    store,
    version,
    warm,
)

app = typer.Typer(
    name="feature-platform",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=version.show, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Sensor readings -> eras -> model-ready tsfresh features, as Dagster assets."""


app.command("demo")(demo.demo)
app.command("dev")(demo.dev)
app.command("init")(init.init)
app.command("inspect")(inspect.inspect)
app.command("run")(run.run)
app.command("stale")(stale.stale)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)
app.command("exporter")(exporter.exporter)
app.command("warm")(warm.warm)
app.command("clean-up")(clean_up.clean_up)
app.add_typer(cost.app, name="cost")
app.add_typer(eras.app, name="eras")
app.add_typer(features.app, name="features")
app.add_typer(sources.app, name="sources")
app.add_typer(store.app, name="store")
