"""What is loaded before workers are forked, beside what our definitions load in each of them."""

import json
import os
import subprocess
import sys

LOOK = """
import importlib, json, os, sys
from feature_platform.routing.preloaded import PRELOADED
for module in PRELOADED:
    importlib.import_module(module)
threads, before = len(os.listdir("/proc/self/task")), set(sys.modules)
import feature_platform.definitions
print(json.dumps([threads, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]))
"""


def test_all_is_loaded_before_that_starts_no_thread() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, check=True)
    threads, left = json.loads(done.stdout)
    assert threads == 1
    assert left == ["_polars_runtime_32", "feature_platform", "polars", "pyarrow"]
