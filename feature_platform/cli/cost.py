"""`feature-platform cost`: what runs cost, what eras take on each route, and what routes grant in vain."""

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.routing.cost_report import BreakEven, CostReport, RouteCost

app = typer.Typer(help="What runs cost, what eras take on each route, and what routes grant in vain.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


class Group(StrEnum):
    """What spending is added up by."""

    MONTH = "month"
    ROUTE = "route"
    JOB = "job"
    SOURCE = "source"
    FEATURE_SET = "feature-set"
    ERA = "era"


@app.callback(invoke_without_command=True)
def cost(
    context: typer.Context,
    by: Annotated[Group, typer.Option(help="What to add up by.")] = Group.MONTH,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only runs that ended since that day, UTC.")
    ] = None,
    json: Json = False,
) -> None:
    """What runs cost: their hours times the price of their class when they were submitted."""
    if context.invoked_subcommand is not None:
        return
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.spending import GROUPS, ended_runs, era_shares, spent  # noqa: PLC0415 - imports Dagster
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        with opened_instance() as instance:
            start = since.replace(tzinfo=UTC) if since else None
            costs = list(ended_runs(instance, _prices(instance), since=start))
        shares = GROUPS.get(by) or era_shares(Platform.from_environment().catalogue, by, costs)
        spending = spent(costs, shares)
    if json:
        print_json([asdict(row) for row in spending])
        return
    if not spending:
        say.print("no run has ended yet; run some eras: feature-platform run --source SOURCE.yaml")
        return
    table = Table(title=f"runs that are over, by {by}", title_justify="left")
    for name in (str(by), "runs", "hours", "cost", "hours without a price"):
        table.add_column(name, justify="left" if name == by else "right", overflow="fold")
    for row in spending:
        table.add_row(
            row.name, str(row.runs), _number(row.hours), f"{row.cost:,.2f}", _number(row.unpriced_hours or None)
        )
    out.print(table)


@app.command()
def model(json: Json = False) -> None:
    """Seconds by route and feature set, measured in past runs, and the sizes at which routes break even."""
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.cost_report import report_costs  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        with opened_instance() as instance:
            prices = _prices(instance)
        report = report_costs(Platform.from_environment().catalogue.stage_costs(), prices)
    if json:
        print_json(asdict(report))
    elif report.routes:
        _print_routes(report)
        _print_break_even(report)
    else:
        say.print(NOTHING_MEASURED)


@app.command()
def sizes(json: Json = False) -> None:
    """Memory and cores that stages used, beside what their routes grant."""
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.right_size import route_uses  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        with opened_instance() as instance:
            routes = _routes(instance)
        uses = route_uses(Platform.from_environment().catalogue.stage_costs(), routes)
    if json:
        print_json([{**asdict(use), "advice": use.advice} for use in uses])
        return
    if not uses:
        say.print(NOTHING_MEASURED)
        return
    table = Table(title="used and granted, by route", title_justify="left")
    for name in ("route", "stages", "most MiB", "granted", "cores", "busiest", "granted", "advice"):
        table.add_column(name, justify="left" if name in {"route", "advice"} else "right", overflow="fold")
    for use in uses:
        table.add_row(
            use.route,
            str(use.stages),
            f"{use.memory_mib:,}",
            _number(use.granted_mib),
            f"{use.cores:.2f}",
            f"{use.busiest_cores:.2f}",
            _number(use.granted_cores),
            use.advice,
        )
    out.print(table)


NOTHING_MEASURED = "nothing measured yet; run some eras: feature-platform run --source SOURCE.yaml --force cpu"


def _prices(instance: Any) -> dict[str, float]:  # noqa: ANN401 - Dagster is not imported for --help
    from feature_platform.routing.coordinator import EraRunCoordinator  # noqa: PLC0415 - imports Dagster

    coordinator = instance.run_coordinator
    return dict(coordinator.costs.prices) if isinstance(coordinator, EraRunCoordinator) else {}


def _routes(instance: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - as above
    data = instance.run_launcher.inst_data
    routes = data.config_dict.get("routes", {}) if data is not None else {}
    return {name: dict(route.get("config") or {}) for name, route in routes.items()}


def _print_routes(report: CostReport) -> None:
    names = ("feature set", "route", "eras", "fixed s", "s per million readings", "readings", "price per hour")
    table = Table(title="an era's four stages", title_justify="left")
    for name in names:
        table.add_column(name, justify="left" if name in {"feature set", "route"} else "right", overflow="fold")
    for cost in report.routes:
        table.add_row(
            cost.feature_set,
            cost.route,
            str(cost.eras_measured),
            _number(cost.fixed_seconds),
            _number(cost.seconds_per_million_readings),
            _range(cost),
            _number(cost.price),
        )
    out.print(table)


def _print_break_even(report: CostReport) -> None:
    table = Table(title="break-even, in readings of an era", title_justify="left")
    for name in ("feature set", "routes", "equally fast at", "equally dear at"):
        table.add_column(name, justify="right" if name.startswith("equally") else "left", overflow="fold")
    for pair in report.break_even:
        table.add_row(pair.feature_set, " and ".join(pair.routes), *_sizes(pair))
    if report.break_even:
        out.print(table)


def _sizes(pair: BreakEven) -> tuple[str, str]:
    by_time, by_price = ("-" if size is None else f"{size:,.0f}" for size in (pair.by_time, pair.by_price))
    return by_time, by_price


def _range(cost: RouteCost) -> str:
    return f"{cost.smallest_era:,} to {cost.largest_era:,}" if cost.eras_measured else "-"


def _number(amount: float | None) -> str:
    if amount is None:
        return "-"
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"  # noqa: PLR2004 - three digits say enough
