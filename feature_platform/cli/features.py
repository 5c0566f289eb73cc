"""`feature-platform features`: what features say."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json

if TYPE_CHECKING:
    from feature_platform.features.catalogue.entry import Entry
    from feature_platform.stages.platform import Platform

app = typer.Typer(help="What features say, in which unit, at what cost.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]


@app.command("describe")
def describe(
    name: Annotated[str, typer.Argument(help="A feature such as afd3.air_temp__mean, or a calculator.")],
    source: Annotated[str | None, typer.Option(help="The source that the sensor is of.")] = None,
    json: Json = False,
) -> None:
    """A feature or a calculator: meaning, formula, unit, cost, and the pinned selections that have it."""
    from feature_platform.features.catalogue.describe import describe_feature  # noqa: PLC0415 - keeps --help fast
    from feature_platform.features.catalogue.entries import ENTRIES  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        platform = Platform.from_environment()
        if name in ENTRIES and ENTRIES[name].parameters:
            told = _calculator(ENTRIES[name])
        else:
            found = describe_feature(name)
            unit = _unit(platform, found.sensor, source)
            found = describe_feature(name, unit)
            told = {
                "feature": found.name,
                "sensor": found.sensor,
                "sensor_unit": unit,
                "calculator": found.calculator,
                "parameters": dict(found.parameters),
                "meaning": found.meaning,
                "formula": found.formula,
                "unit": found.unit,
                "microseconds": found.microseconds,
                "feature_sets": list(found.feature_sets),
                "source": found.source,
                "reference": ENTRIES[found.calculator].reference,
            }
        told["selections"] = _selections(platform, name, source)
    if json:
        print_json(told)
        return
    table = Table(show_header=False, box=None)
    for key, value in told.items():
        table.add_row(key.replace("_", " "), Text(_shown(value), overflow="fold"))
    out.print(table)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        value = [f"{name}: {said}" for name, said in value.items()]
    if isinstance(value, list):
        value = "\n".join(value)
    return "not known" if value is None else str(value) or "none"


@app.command("catalogue")
def catalogue() -> None:
    """All calculators, as the Markdown of docs/feature-catalogue.md."""
    from feature_platform.features.catalogue.page import catalogue_page  # noqa: PLC0415 - keeps --help fast

    sys.stdout.write(catalogue_page())


def _calculator(entry: "Entry") -> dict[str, object]:
    from feature_platform.features.catalogue.describe import source_of  # noqa: PLC0415 - keeps --help fast
    from feature_platform.features.cost import MICROSECONDS  # noqa: PLC0415 - as above
    from feature_platform.features.feature_sets import FEATURE_SETS  # noqa: PLC0415 - as above

    return {
        "calculator": entry.name,
        "parameters": dict(entry.parameters),
        "meaning": entry.meaning,
        "formula": entry.formula,
        "microseconds": MICROSECONDS.get(entry.name),
        "feature_sets": [name for name, calculators in FEATURE_SETS.items() if entry.name in calculators],
        "source": source_of(entry),
        "reference": entry.reference,
    }


def _unit(platform: "Platform", sensor: str | None, source: str | None) -> str | None:
    """The sensor's unit, where the sources that have such a sensor are of one mind."""
    from feature_platform.stages.feature_units import feature_units  # noqa: PLC0415 - keeps --help fast

    names = platform.catalogue.sources() if source is None else [source]
    described = [feature_units(platform.catalogue.source(name)) for name in names]
    units = {one[sensor] for one in described if sensor in one}
    return units.pop() if len(units) == 1 else None


def _selections(platform: "Platform", name: str, source: str | None) -> list[str]:
    """The newest pinned selections that have the feature, or features of the calculator, with how many."""
    used = []
    for scope in platform.selections.scopes():
        if source is not None and scope.source != source:
            continue
        pinned = platform.selections.latest(scope)
        if pinned is None:
            continue
        having = [column for column in pinned.columns if column == name or f"__{name}__" in f"{column}__"]
        if having:
            used.append(f"{scope} {pinned.label}: {len(having)} of {len(pinned.columns)} columns")
    return used
