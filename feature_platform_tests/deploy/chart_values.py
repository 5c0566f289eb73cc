"""helm-values.yaml, and the dagster.yaml that the official chart makes of it."""

from typing import Any

import yaml

from feature_platform_tests.routing.home import REPOSITORY

FILE = REPOSITORY / "helm-values.yaml"
EXTRAS = REPOSITORY / "deploy"
ROUTES = ("cpu", "gpu", "cpu-highmem")


def chart_values() -> dict[str, Any]:
    """The values that we ship."""
    values: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return values


def instance_config(values: dict[str, Any]) -> dict[str, Any]:
    """The chart's instance ConfigMap, without its storages.

    The chart hands our classes' config on as it is, and names monitoring in its own way. Where the chart is at hand,
    test_what_the_chart_makes_of_the_values_is_what_is_tested holds this to it.
    """
    daemon, retention = values["dagsterDaemon"], values["retention"]
    monitoring = daemon["runMonitoring"]
    return {
        "run_launcher": values["runLauncher"]["config"]["customRunLauncher"],
        "run_coordinator": daemon["runCoordinator"]["config"]["customRunCoordinator"],
        "run_monitoring": {
            "enabled": monitoring["enabled"],
            "start_timeout_seconds": monitoring["startTimeoutSeconds"],
            "cancel_timeout_seconds": monitoring["cancelTimeoutSeconds"],
            "max_resume_run_attempts": monitoring["maxResumeRunAttempts"],
            "poll_interval_seconds": monitoring["pollIntervalSeconds"],
            "free_slots_after_run_end_seconds": monitoring["freeSlotsAfterRunEndSeconds"],
        },
        "telemetry": values["telemetry"],
        "retention": {kind: {"purge_after_days": retention[kind]["purgeAfterDays"]} for kind in ("sensor", "schedule")},
        **values["additionalInstanceConfig"],
    }
