"""`feature-platform store`: install, sync, prune the feature store in PostgreSQL."""

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import SOMETHING_FAILED, clear_errors, out, print_json, say
from feature_platform.errors import FeaturePlatformError, StoreError

OWNER_VARIABLE = "FEATURE_PLATFORM_STORE_OWNER_URL"

app = typer.Typer(help="The feature store in PostgreSQL.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option(help=f"The owner's postgresql:// URL, direct, not through pgbouncer; by default {OWNER_VARIABLE}."),
]


@app.command("init")
def init_store(url: Url = None) -> None:
    """Create the feature store or bring it to the newest schema, with its group roles and their rights."""
    from feature_platform.store.installation import READER, WRITER, install_store  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        install_store(owner_url(url))
    say.print(f"the feature store is in place; grant its group roles to your users: {WRITER}, {READER}")


@app.command("sync")
def sync(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare every era's manifest with the feature store, and mend the store where they differ."""
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - keeps --help fast
    from feature_platform.stages.store_sync import sync_store  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        entered_home()
        report = sync_store(Platform.from_environment(), source=source)
    if json:
        print_json(report.to_json())
    else:
        out.print(
            f"{report.right} eras were right, {len(report.written)} written, {len(report.withdrawn)} withdrawn, "
            f"{len(report.behind)} not yet projected onto a pinned selection"
        )
        for era_id, why in report.failed.items():
            out.print(f"{era_id}: {why}", style="red")
    if report.failed:
        raise typer.Exit(SOMETHING_FAILED)


@app.command("prune")
def prune(
    older_than: Annotated[str, typer.Option(help="Replaced longer ago than this: 12h, 30d, 8w.")], url: Url = None
) -> None:
    """Delete replaced values; `as_of` before they were replaced finds nothing of them any more."""
    from feature_platform.store.feature_store import FeatureStore  # noqa: PLC0415 - keeps --help fast

    with clear_errors():
        pruned = FeatureStore(owner_url(url)).prune(datetime.now(UTC) - age_of(older_than))
    say.print(f"{pruned} replaced versions of eras pruned")


def age_of(older_than: str) -> timedelta:
    """The option --older-than.

    Raises
    ------
    FeaturePlatformError
        If it is no duration.
    """
    from feature_platform.duration import parse_duration  # noqa: PLC0415 - imports pydantic

    try:
        return parse_duration(older_than)
    except ValueError as error:
        raise FeaturePlatformError(f"--older-than: {error}") from error


def owner_url(url: str | None) -> str:
    """The URL of the store's owner, given or from the environment.

    Raises
    ------
    StoreError
        If there is none.
    """
    found = url or os.environ.get(OWNER_VARIABLE)
    if not found:
        raise StoreError(f"name the owner's URL: --url postgresql://USER@HOST:5432/NAME, or {OWNER_VARIABLE}")
    return found
