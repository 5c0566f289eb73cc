"""A Dagster home whose routes lead to the tests' API of Kubernetes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform_tests.routing.home import make_home
from feature_platform_tests.routing.kubernetes_api import KubernetesApi


@contextmanager
def kubernetes_home(home: Path, api: KubernetesApi, rows: list[int], config: dict[str, Any]) -> Iterator[list[str]]:
    """Make a home with this dagster.yaml, and live there; yields the ids of eras with these numbers of readings.

    Its routes are all of Kubernetes.
    """
    outside = {"load_incluster_config": False, "kubeconfig_file": str(home / "kubeconfig")}
    for route in config["run_launcher"]["config"]["routes"].values():
        route["config"] |= outside
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        eras = make_home(home, rows)
        api.write_config(home / "kubeconfig")
        (home / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        yield eras
