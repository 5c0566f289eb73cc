"""Helm and kubernetes-validate, which live in an environment of their own (make .deploy/installed).

Run by that environment's Python, this file renders: a request on stdin, the answer on stdout, both JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

VARIABLE = "FEATURE_PLATFORM_DEPLOY_TOOLS"
KUBERNETES = ("1.32", "1.36")
UNKNOWN = {"ServiceMonitor", "PodMonitoring", "PrometheusRule"}
"""Kinds of operators, of which Kubernetes' own schemas know nothing."""


class MissingToolsError(Exception):
    """The environment is not there."""


class RefusedError(Exception):
    """Helm does not take the values."""


def tool(name: str) -> Path:
    """A program of the tools' environment.

    Raises
    ------
    MissingToolsError
        If it is not installed.
    """
    top = Path(__file__).parents[2]
    found = Path(os.environ.get(VARIABLE) or top / ".deploy") / "bin" / name
    if not found.exists():
        raise MissingToolsError(f"{found} is missing; run: make .deploy/installed")
    return found


def render(chart: Path, values: dict[str, Any], *, release: str, namespace: str = "feature-platform") -> dict[str, str]:
    """The manifests by template, as `helm install` would send them.

    Raises
    ------
    RefusedError
        If the chart's schema or one of its templates refuses the values.
    """
    request = {"chart": str(chart), "values": values, "release": release, "namespace": namespace}
    done = subprocess.run(
        [tool("python"), __file__], input=json.dumps(request), capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise RefusedError(done.stderr)
    manifests: dict[str, str] = json.loads(done.stdout)
    return manifests


def validation(folder: Path, manifests: dict[str, str]) -> str:
    """What Kubernetes' schemas, read strictly, have against the manifests; empty if nothing."""
    import yaml  # noqa: PLC0415 - the tools' Python renders with this file too, and needs no YAML for it

    files = []
    for text in manifests.values():
        for document in yaml.safe_load_all(text):
            if document and document["kind"] not in UNKNOWN:
                file = folder / f"{len(files)}-{document['kind']}.yaml"
                file.write_text(yaml.safe_dump(document), encoding="utf-8")
                files.append(file)
    versions = [word for version in KUBERNETES for word in ("--kubernetes-version", version)]
    command = [tool("kubernetes-validate"), "--strict", "--quiet", *versions, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return (done.stdout + done.stderr) if done.returncode else ""


def _answer() -> None:
    import helm_python  # noqa: PLC0415 - only the tools' Python has it

    request = json.load(sys.stdin)
    try:
        with helm_python.Chart.load(request["chart"]) as chart:
            manifests = chart.render(request["values"], name=request["release"], namespace=request["namespace"])
    except helm_python.HelmError as error:
        sys.exit(str(error))
    json.dump(manifests, sys.stdout)


if __name__ == "__main__":
    _answer()
