"""`feature-platform doctor`: whether this machine and this deployment are fit to run."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from feature_platform.cli.home import entered_home
from feature_platform.cli.output import SOMETHING_FAILED, out, print_json
from feature_platform.errors import FeaturePlatformError

FREE_BYTES = 2 * 10**9


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check Python, home, queue and routing, catalogue, both stores, disk and GPU; exit code 1 if any is wrong."""
    findings = {}
    for name, check in CHECKS.items():
        try:
            findings[name] = (True, check())
        except FeaturePlatformError as error:
            findings[name] = (False, str(error))
    if json:
        print_json({name: {"fine": fine, "says": says} for name, (fine, says) in findings.items()})
    else:
        for name, (fine, says) in findings.items():
            out.print(f"{'ok  ' if fine else 'WRONG'} {name}: {says}", style=None if fine else "red")
    if not all(fine for fine, _ in findings.values()):
        raise typer.Exit(SOMETHING_FAILED)


def _python() -> str:
    return f"{sys.version.split()[0]}, {os.cpu_count()} cores"


def _home() -> str:
    return str(entered_home())


def _routing() -> str:
    from feature_platform.client.instance import opened_instance  # noqa: PLC0415 - slow

    with opened_instance() as instance:
        coordinator, launcher = type(instance.run_coordinator).__name__, type(instance.run_launcher).__name__
    if (coordinator, launcher) != ("EraRunCoordinator", "RoutedRunLauncher"):
        raise FeaturePlatformError(
            f"dagster.yaml names {coordinator} and {launcher}, so runs are not routed; take run_coordinator and "
            "run_launcher from the dagster.yaml that feature-platform init writes"
        )
    return f"{coordinator}, {launcher}"


def _catalogue() -> str:
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - slow

    sources = Platform.from_environment().catalogue.sources()
    return f"{len(sources)} sources registered"


def _storage() -> str:
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - slow

    root = Platform.from_environment().root
    root.write("doctor/probe", b"probe")
    root.delete("doctor")
    return root.url


def _store() -> str:
    from feature_platform.stages.platform import Platform  # noqa: PLC0415 - slow

    store = Platform.from_environment().store
    if store is None:
        return "none: selected features are in the storage root alone"
    return f"{store} holds {len({held.era_id for held in store.held()})} eras"


def _disk() -> str:
    free = shutil.disk_usage(entered_home()).free
    if free < FREE_BYTES:
        raise FeaturePlatformError(f"only {free / 1e9:.1f} GB are free at {entered_home()}; free some before a run")
    return f"{free / 1e9:.0f} GB free"


def _gpu() -> str:
    from feature_platform.device.probe import probe_device  # noqa: PLC0415 - slow

    probe = probe_device()
    return f"{probe.count} devices" if probe.count else f"none ({probe.reason}); the gpu route runs the CPU engine"


CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "home": _home,
    "queue and routing": _routing,
    "catalogue": _catalogue,
    "storage": _storage,
    "feature store": _store,
    "disk": _disk,
    "gpu": _gpu,
}
