"""`feature-platform eras`: list, show, report, detect, declare, prune, migrate."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from feature_platform.cli import era_report
from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json, say, stop
from feature_platform.cli.run import described
from feature_platform.eras.era import LEVELS, EraRecord
from feature_platform.eras.tables import SCHEMA_REVISION
from feature_platform.errors import EraError
from feature_platform.stages.platform import Platform

app = typer.Typer(help="Look at the era catalogue, and change it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Source = Annotated[str | None, typer.Option(help="Only this source.")]

app.command("show")(era_report.show)
app.command("report")(era_report.report)


def opened() -> Platform:
    """The platform of this folder's Dagster home."""
    entered_home()
    return Platform.from_environment()


@app.command("list")
def list_eras(
    source: Source = None,
    level: Annotated[str | None, typer.Option(help="a, b, c, declared, calendar or whole.")] = None,
    superseded: Annotated[bool, typer.Option("--superseded", help="Superseded eras too.")] = False,
    json: Json = False,
) -> None:
    """The eras in the catalogue."""
    with clear_errors():
        if level is not None and level not in LEVELS:
            raise EraError(f"level {level!r} is none of {', '.join(LEVELS)}")
        catalogue = opened().catalogue
        if source is not None:
            catalogue.source_version(source)
        records = [
            record
            for record in catalogue.eras(source=source, include_superseded=superseded)
            if level is None or record.era.level == level
        ]
        simulated = {name for name in {r.era.source for r in records} if catalogue.source(name).simulated}
    show(records, simulated, json=json)


@app.command("detect")
def detect(
    source: Annotated[Path, typer.Option(help="The source's YAML description.")],
    level: Annotated[str, typer.Option(help="The finest level wanted: a, b or c.")] = "a",
    json: Json = False,
) -> None:
    """Import what is new in a source, detect its eras, and record them in the catalogue."""
    cut(source, f"detected:{level}", json=json)


@app.command("declare")
def declare(
    source: Annotated[Path, typer.Option(help="The source's YAML description.")],
    file: Annotated[Path, typer.Argument(help="YAML or CSV with start, end and an optional label of each era.")],
    json: Json = False,
) -> None:
    """Import what is new in a source, and record the eras that a file declares."""
    cut(source, f"declared:{file}", json=json)


@app.command("prune")
def prune(source: Source = None) -> None:
    """Forget superseded eras: their records and their partitions. Refused while runs are queued or under way."""
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.orchestration.pruning import prune_superseded  # noqa: PLC0415 - imports Dagster

    with clear_errors():
        platform = opened()
        with opened_instance() as instance:
            pruned = prune_superseded(platform, instance, source)
    say.print(f"{len(pruned)} superseded eras pruned")


@app.command("migrate")
def migrate(
    to: Annotated[
        str,
        typer.Option(help="A schema such as 0002, to leave the catalogue to an older version, which says the number."),
    ] = SCHEMA_REVISION,
) -> None:
    """Make the catalogue, or bring it to this version's schema; go to PostgreSQL itself, not to pgbouncer.

    With --to, stop everything else first: whatever opens the catalogue with this version brings it up again. What newer
    schemas have and that one lacks is lost.
    """
    from feature_platform.eras.database import Database  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        Database(opened().catalogue_url, schema=to)
    say.print(f"the era catalogue has schema {to}")


def cut(source: Path, how: str, *, json: bool) -> None:
    """Register, import and cut one source, without computing anything for its eras."""
    from feature_platform.sources.importing import import_source  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.era_cut import cut_source  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        platform = opened()
        description = described(source, eras=how, features=None)
        platform.catalogue.register_source(description)
        import_source(description, platform.readings)
        outcome = cut_source(platform, description.source)
    show(list(outcome.eras), {description.source} if description.simulated else set(), json=json)
    say.print("the new_eras_sensor picks them up; or: feature-platform run --source ... --eras " + how)


def show(records: list[EraRecord], simulated: set[str], *, json: bool) -> None:
    """Eras as a table or as JSON; `simulated` are the sources of which nothing was measured."""
    if json:
        print_json([as_json(record, simulated) for record in records])
        return
    if not records:
        stop("no eras; cut some: feature-platform run --source SOURCE.yaml --eras calendar:month")
    # An id says source, level and start, and is what other commands take: it stays whole in a narrow terminal too.
    table = Table(
        title=f"simulated data: {', '.join(sorted(simulated))}" if simulated else None,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    superseded = any(record.superseded_by for record in records)
    for name in ("era", "end (UTC)", "days", "readings", "label", *(["superseded by"] if superseded else [])):
        table.add_column(
            name,
            justify="right" if name in {"days", "readings"} else "left",
            overflow="fold",
            no_wrap=name in {"era", "days", "readings"},
        )
    for record in records:
        era = record.era
        table.add_row(
            era.era_id,
            f"{era.end:%Y-%m-%d %H:%M}",
            f"{(era.end - era.start).total_seconds() / 86400:.1f}",
            f"{record.row_count or 0:,}",
            era.label or "",
            *([", ".join(record.superseded_by)] if superseded else []),
        )
    out.print(table)


def as_json(record: EraRecord, simulated: set[str]) -> dict[str, object]:
    """One era for scripts."""
    return {
        "era": record.era_id,
        "source": record.era.source,
        "simulated": record.era.source in simulated,
        "level": record.era.level,
        "start": record.era.start.isoformat(),
        "end": record.era.end.isoformat(),
        "label": record.era.label,
        "readings": record.row_count,
        "data_version": record.data_version,
        "superseded_by": list(record.superseded_by),
    }
