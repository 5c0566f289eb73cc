"""`feature-platform clean-up`: what of the stored files nothing needs any more."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from feature_platform.cli.eras import opened
from feature_platform.cli.output import clear_errors, out, print_json, say
from feature_platform.cli.store import age_of
from feature_platform.errors import FeaturePlatformError

LEAST = timedelta(days=1)
"""A run may still be about to commit, and a reader to open, what is younger."""


def clean_up(
    older_than: Annotated[
        str, typer.Option(help="Replaced, or written and never committed, longer ago than this: 2d, 90d, 12w.")
    ] = "90d",
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is listed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List stored files that nothing needs any more, and delete them when asked to.

    `load_features(as_of=...)` finds nothing of what was deleted. Deleting is refused while runs are under way.
    """
    from feature_platform.stages.clean_up import clean_up as clean  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        before = datetime.now(UTC) - _age(older_than)
        platform = opened()
        if delete:
            _refuse_while_runs()
        report = clean(platform, before=before, source=source, delete=delete)
    if json:
        print_json(report.to_json())
        return
    table = Table(title=f"replaced or left over before {before:%Y-%m-%d %H:%M} UTC", title_justify="left")
    for name in ("dataset", "eras or sources", "files", "bytes"):
        table.add_column(name, justify="left" if name == "dataset" else "right", overflow="fold")
    for row in report.outdated:
        table.add_row(row.dataset, f"{row.folders:,}", f"{row.files:,}", f"{row.bytes:,}")
    if report.outdated:
        out.print(table)
    if report.unknown_eras:
        say.print(
            f"left alone: {len(report.unknown_eras)} eras that this catalogue never knew, such as "
            f"{report.unknown_eras[0]}; another catalogue may"
        )
    say.print(f"{report.bytes:,} bytes {'deleted' if delete else 'could go; add --delete'}")


def _age(text: str) -> timedelta:
    from feature_platform.duration import format_duration  # noqa: PLC0415 - imports pydantic

    age = age_of(text)
    if age < LEAST:
        raise FeaturePlatformError(
            f"--older-than {text}: a run may still need what is so young; write {format_duration(LEAST)} or more"
        )
    return age


def _refuse_while_runs() -> None:
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - imports Dagster
    from feature_platform.orchestration.quiet import refuse_while_runs  # noqa: PLC0415 - imports Dagster

    with opened_instance() as instance:
        refuse_while_runs(instance, "clean up")
