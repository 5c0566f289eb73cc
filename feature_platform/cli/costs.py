"""`feature-platform costs`: what eras take on each route, and from which size on another route is better."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.routing.cost_report import BreakEven, CostReport, RouteCost


def costs(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Seconds by route and feature set, measured in past runs, and the sizes at which routes break even."""
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.coordinator import EraRunCoordinator  # noqa: PLC0415 - imports Dagster
    from feature_platform.routing.cost_report import report_costs  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        with opened_instance() as instance:
            coordinator = instance.run_coordinator
            prices = coordinator.costs.prices if isinstance(coordinator, EraRunCoordinator) else {}
        report = report_costs(Platform.from_environment().catalogue.stage_costs(), prices)
    if json:
        print_json(asdict(report))
    elif report.routes:
        _print_routes(report)
        _print_break_even(report)
    else:
        say.print("nothing measured yet; run some eras: feature-platform run --source SOURCE.yaml --force cpu")


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
