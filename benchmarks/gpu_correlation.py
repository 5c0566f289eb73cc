"""All correlations of many columns on the GPU against BLAS on all cores. Prints one JSON object.

    python benchmarks/gpu_correlation.py --columns 7770 --rows 100000

Both read the same matrix in memory, and both write the whole result there. The GPU's share of its peak is
`gpu_tflops` over what its data sheet says of float64.
"""

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
from gpu_engines import compared, largest_difference, parser, timed

from feature_platform.selection import engines, era_tables
from feature_platform.selection.engines import Correlator
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import profile_columns


def stand_in() -> None:
    """A GPU for the programs to meet: numpy in cupy's place."""
    numpy_with_copies = SimpleNamespace(**vars(np), asnumpy=np.array)
    engines.find_obstacle = lambda *_: None
    engines.free_bytes = lambda: 2**40
    engines._device_module = lambda: numpy_with_copies  # noqa: SLF001 - the stand-in's one way in


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--columns", type=int, default=7770)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--missing", type=float, default=0.0, help="share of values that are missing, by groups")
    arguments.add_argument("--repeats", type=int, default=2)
    given = arguments.parse_args()
    if given.dry:
        stand_in()
    era_tables.KEPT_BYTES = 2**40  # what is timed is not how often tables are read
    random = np.random.default_rng(0)
    values = random.normal(size=(given.rows, given.columns))
    values[: int(given.rows * given.missing), :: max(given.columns // 10, 1)] = np.nan
    table = pl.DataFrame(values, schema=[f"s__c{number}" for number in range(given.columns)])
    tables = EraTables({"era": lambda: table})
    profile = profile_columns(tables)
    cpu = timed(lambda: Correlator(tables, "cpu").correlate(profile, profile), given.repeats)
    on_gpu = Correlator(tables, "gpu")
    gpu = timed(lambda: on_gpu.correlate(profile, profile), given.repeats)
    found = compared(cpu, gpu)
    operations = 2 * given.columns**2 * given.rows
    print(
        json.dumps(
            {
                "columns": given.columns,
                "rows": given.rows,
                "missing": given.missing,
                "engine": on_gpu.engine,
                "engine_reason": on_gpu.reason,
                **found,
                "cpu_tflops": operations / found["cpu_seconds"] / 1e12,
                "gpu_tflops": operations / found["gpu_seconds"] / 1e12,
                "largest_difference": largest_difference(cpu[0], gpu[0]),
            }
        )
    )


if __name__ == "__main__":
    main()
