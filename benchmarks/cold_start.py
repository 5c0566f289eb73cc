"""What the first features of a process cost: its imports, its first call, and compiling: prints one JSON object.

    python benchmarks/cold_start.py
    python benchmarks/cold_start.py --empty-cache

Each figure is the median of several fresh processes with a warm cache: wall seconds and, as other programs disturb them
less, processor seconds. `extract_batch` is called with an array, `extract_features` with a frame of pandas, which its
user has imported already. With --empty-cache it also says what one process takes that has to compile all kernels.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROCESSES = 5

BEGIN = """
import json, time
import numpy as np
{import_pandas}
def clock():
    return np.array([time.perf_counter(), time.process_time()])
x = np.random.default_rng(0).standard_normal((2, 288)).cumsum(axis=1)
{make_frame}
marks = [clock()]
import feature_platform.features
marks.append(clock())
"""
END = """
marks.append(clock())
spans = np.diff(marks, axis=0)
names = ("import", "import_of_the_function", "first_call", "second_call")
print(json.dumps({f"{name}_{kind}": span[place]
    for name, span in zip(names, spans) for place, kind in enumerate(("seconds", "cpu_seconds"))}))
"""
CALL = """
marks.append(clock())
{call}
"""
BATCH = (
    BEGIN.format(import_pandas="", make_frame="")
    + """
from feature_platform.features import extract_batch
from feature_platform.features.feature_sets import FEATURE_SETS
"""
    + CALL.format(call='extract_batch(x, FEATURE_SETS["efficient"])') * 2
    + END
)
FRAME = (
    BEGIN.format(
        import_pandas="import pandas as pd",
        make_frame='frame = pd.DataFrame({"id": np.repeat([0, 1], 288), "value": x.ravel()})',
    )
    + """
from feature_platform.features import extract_features
from feature_platform.features.feature_sets import FEATURE_SETS
"""
    + CALL.format(call='extract_features(frame, FEATURE_SETS["efficient"], column_id="id")') * 2
    + END
)


def process(program: str, **variables: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"} | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def median(program: str, processes: int) -> dict[str, float]:
    process(program)
    found = [process(program) for _ in range(processes)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--empty-cache", action="store_true")
    arguments = parser.parse_args()
    result = {
        "extract_batch": median(BATCH, arguments.processes),
        "extract_features": median(FRAME, arguments.processes),
    }
    if arguments.empty_cache:
        with tempfile.TemporaryDirectory() as folder:
            result["extract_batch_with_an_empty_cache"] = process(BATCH, NUMBA_CACHE_DIR=str(Path(folder)))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
