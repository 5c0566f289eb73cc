"""`feature-platform run`: the main job for one source."""

from pathlib import Path
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import SOMETHING_FAILED, clear_errors, print_json, print_report, run_progress
from feature_platform.client.report import RunReport
from feature_platform.sources.description import SourceDescription, load_description


def run(
    source: Annotated[Path, typer.Option(help="The source's YAML description (feature-platform inspect writes one).")],
    eras: Annotated[
        str | None,
        typer.Option(
            help="calendar:day|week|month|Nd, declared:FILE, detected:a|b|c or whole; by default what the source says."
        ),
    ] = None,
    features: Annotated[
        str | None, typer.Option(help="minimal, efficient or comprehensive; by default what the source says.")
    ] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only eras whose data, settings or code changed since.")
    ] = False,
    force: Annotated[str | None, typer.Option(help="Send every era to this compute class, such as cpu or gpu.")] = None,
    one_run_per_era: Annotated[
        bool, typer.Option("--one-run-per-era", help="Pack no small eras into batches: slower, but each has its log.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Import a source, cut its eras, compute and select their features, through Dagster's queue and routing.

    Exit code 0: every era has selected features and no check failed; 1: some era has not; 2: bad input.
    """
    with clear_errors():
        description = described(source, eras=eras, features=features)
        report = run_description(description, stale=stale, force=force, one_run_per_era=one_run_per_era)
    if json:
        print_json(report.to_json())
    else:
        print_report(report)
    if not report.fine:
        raise typer.Exit(SOMETHING_FAILED)


def described(source: Path, *, eras: str | None, features: str | None) -> SourceDescription:
    """The source's description with what the command line overrides."""
    from feature_platform.eras.settings import EraSettings  # noqa: PLC0415 - keeps --help fast
    from feature_platform.errors import FeatureError  # noqa: PLC0415 - keeps --help fast

    description = load_description(source)
    changes: dict[str, object] = {}
    if eras is not None:
        cut = EraSettings.parse(eras)
        if cut.file is not None:
            cut = cut.model_copy(update={"file": str(Path(cut.file).absolute())})
        override = {name: getattr(cut, name) for name in ("method", "unit", "file", "level")}
        changes["eras"] = description.eras.model_copy(update=override)
    if features is not None:
        if features not in {"minimal", "efficient", "comprehensive"}:
            raise FeatureError(f"--features {features!r} is none of minimal, efficient, comprehensive")
        changes["features"] = description.features.model_copy(update={"feature_set": features, "custom": None})
    changed_description = description.model_copy(update=changes)
    _check_declared(changed_description)
    return changed_description


def _check_declared(description: SourceDescription) -> None:
    """Read a declared file now: once the source is registered with it, everything else would trip over it too."""
    from feature_platform.eras.declared import declared_eras  # noqa: PLC0415 - keeps --help fast

    cut = description.eras
    if cut.method == "declared" and cut.file is not None:
        declared_eras(description.source, description.folder / cut.file, zone=description.time.zone)


def run_description(
    description: SourceDescription, *, stale: bool = False, force: str | None = None, one_run_per_era: bool = False
) -> RunReport:
    """Run one source in the Dagster home of this folder, with progress bars."""
    home = entered_home()
    from feature_platform.client.deployment import opened_deployment  # noqa: PLC0415 - imports Dagster
    from feature_platform.client.source_run import run_source  # noqa: PLC0415 - imports Dagster
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - opens no store before it must

    platform = Platform.from_environment()
    with run_progress() as progress, opened_deployment(home / "workspace.yaml") as deployment:
        return run_source(
            platform,
            deployment,
            description,
            progress=progress,
            only_stale=stale,
            force=force,
            one_run_per_era=one_run_per_era,
        )
