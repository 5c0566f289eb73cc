"""Every benchmark of the GPU, each in a process of its own, and what it ran on. Prints one JSON object.

    python benchmarks/gpu_table.py
    python benchmarks/gpu_table.py --dry --only features correlation

One that fails is told in its place, and the others go on: a machine with a GPU is lent for minutes.
"""

import io
import json
import os
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gpu_engines import parser

from feature_platform.device.probe import probe_device

FULL = {
    "features": ["gpu_features.py", "--series", "100000", "--length", "288"],
    "features_long": ["gpu_features.py", "--series", "10000", "--length", "2016"],
    "entropies": [
        "gpu_features.py",
        "--series",
        "10000",
        "--length",
        "2016",
        "--set",
        "comprehensive",
        "--repeats",
        "1",
    ],
    "preprocessing": ["gpu_preprocessing.py", "--million-readings", "100"],
    "preprocessing_rolling": ["gpu_preprocessing.py", "--million-readings", "30", "--rolling"],
    "correlation": ["gpu_correlation.py"],
    "era": ["gpu_era.py"],
}
DRY = {
    "features": ["gpu_features.py", "--series", "4", "--length", "32", "--set", "minimal", "--repeats", "1"],
    "preprocessing": ["gpu_preprocessing.py", "--million-readings", "0.01", "--repeats", "1"],
    "correlation": ["gpu_correlation.py", "--columns", "40", "--rows", "100", "--missing", "0.1", "--repeats", "1"],
    "era": ["gpu_era.py", "--million-readings", "0.002", "--sensors", "2", "--set", "minimal"],
}
PACKAGES = ("feature-platform", "polars", "numpy", "numba", "numba-cuda", "cupy-cuda13x", "cudf-cu13", "rmm-cu13")
TOLD = 2000


def run(command: list[str]) -> dict[str, Any]:
    script, *options = command
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"command": command, "error": done.stderr[-TOLD:]}
    return {"command": command, **json.loads(done.stdout.splitlines()[-1])}


def run_dry(command: list[str]) -> dict[str, Any]:
    """In this process, since nothing is measured: most of what a small one takes is imports. Errors end the program."""
    sys.argv = [*command, "--dry"]
    said = io.StringIO()
    with redirect_stdout(said):
        runpy.run_path(str(Path(__file__).with_name(command[0])), run_name="__main__")
    return {"command": command, **json.loads(said.getvalue().splitlines()[-1])}


def machine() -> dict[str, object]:
    probe = probe_device()
    found: dict[str, object] = {"cores": len(os.sched_getaffinity(0)), "gpus": probe.count, "gpu": probe.reason}
    if probe.count:
        asked = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
        found["gpu"] = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return found


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--only", nargs="+", choices=list(FULL), help="by default all")
    given = arguments.parse_args()
    if not given.dry and not probe_device().count:
        sys.exit(f"error: {probe_device().reason}; add --dry to try the programs without a GPU")
    table = DRY if given.dry else FULL
    results = {}
    for name, command in table.items():
        if given.only is None or name in given.only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results[name] = run_dry(command) if given.dry else run(command)
            print(json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps({"dry": given.dry, "machine": machine(), "versions": versions(), "results": results}))
    sys.exit(any("error" in result for result in results.values()))


if __name__ == "__main__":
    main()
