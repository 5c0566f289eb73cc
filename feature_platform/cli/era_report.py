"""`feature-platform eras show` and `report`: one era, in the terminal and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.errors import StorageError
from feature_platform.stages.platform import Platform

if TYPE_CHECKING:
    from feature_platform.reports.facts import EraFacts

Era = Annotated[str, typer.Argument(metavar="ERA", help="The era's id; feature-platform eras list has all.")]


def show(
    era: Era, json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False
) -> None:
    """One era: what is stored and how fresh it is, sensors, checks, costs, and what was dropped."""
    with clear_errors():
        _, facts = _gathered(era)
    if json:
        print_json(facts.to_json())
        return
    from feature_platform.reports.page import dropped_sentences  # noqa: PLC0415 - keeps --help fast

    described = facts.record.era
    simulated = " [simulated data]" if facts.description.simulated else ""
    out.print(Text(f"{described.era_id}{simulated}" + f", {described.label}" * bool(described.label), style="bold"))
    out.print(
        f"{described.start:%Y-%m-%d %H:%M} to {described.end:%Y-%m-%d %H:%M} UTC, source {described.source}, "
        f"level {described.level}: {facts.record.row_count or 0:,} readings"
    )
    if facts.state.skipped:
        out.print(f"nothing is computed for it: {facts.state.skipped}", style="red")
    stages = [
        [
            stage["dataset"],
            stage["state"],
            *(_amount(stage[name]) for name in ("rows", "columns", "bytes")),
            stage["engine"] or "-",
            "-" if stage["recorded_at"] is None else f"{stage['recorded_at']:%Y-%m-%d %H:%M}",
        ]
        for stage in facts.stages
    ]
    _print("stages", ("dataset", "state", "rows", "columns", "bytes", "engine", "recorded (UTC)"), stages)
    sensors = [
        [
            sensor.sensor,
            sensor.unit,
            f"{sensor.readings:,}",
            f"{sensor.outside_range:,}",
            "-" if sensor.coverage is None else f"{sensor.coverage:.1%}",
        ]
        for sensor in facts.sensors
    ]
    _print("sensors", ("sensor", "unit", "readings", "outside range", "known cells"), sensors)
    checks = [[check.asset, check.check, check.result, check.description] for check in facts.checks]
    _print("checks", ("dataset", "check", "result", "what was found"), checks)
    costs = [
        [cost.stage, cost.route, f"{cost.seconds:.2f}", _amount(cost.cpu_seconds), _amount(cost.memory_mib)]
        for cost in facts.costs
    ]
    _print("costs", ("stage", "route", "seconds", "CPU seconds", "memory, MiB"), costs)
    for sentence in dropped_sentences(facts):
        out.print(f"- {sentence}")


def report(
    era: Era,
    file: Annotated[Path, typer.Option("--out", help="Where to write it, such as era.html.")],
) -> None:
    """One era as an HTML page: the figures of `eras show` with plots, in one file that opens offline."""
    with clear_errors():
        platform, facts = _gathered(era)
        from feature_platform.reports.page import era_report  # noqa: PLC0415 - slow to import; matplotlib

        page = era_report(platform, facts)
        try:
            file.write_text(page, encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{file}: cannot be written ({error.strerror}); name another with --out") from error
    say.print(f"{file}: {len(page) // 1000} kB")


def _gathered(era_id: str) -> "tuple[Platform, EraFacts]":
    entered_home()
    from feature_platform.client.era_checks import era_checks  # noqa: PLC0415 - imports Dagster
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.orchestration.era_states import era_state  # noqa: PLC0415 - imports Dagster
    from feature_platform.reports.facts import era_facts  # noqa: PLC0415 - keeps --help fast

    platform = Platform.from_environment()
    record = platform.catalogue.era(era_id)
    with opened_instance() as instance:
        checks = era_checks(instance, era_id)
    state = era_state(platform, record, platform.catalogue.source(record.era.source))
    return platform, era_facts(platform, record, state, checks)


def _print(title: str, columns: tuple[str, ...], rows: list[list[str]]) -> None:
    if not rows:
        out.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    out.print(table)


def _amount(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
