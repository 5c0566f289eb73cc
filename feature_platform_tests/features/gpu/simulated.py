"""`simulated.py SERIES.npy OUT.npy`: a plan through the CUDA target under numba's simulator, in its own process."""

import os
import sys

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.moments import COUNT, MOMENTS
from feature_platform.features.calculators.summation import STACK
from feature_platform.features.cpu.stages import Batch, prepare
from feature_platform.features.gpu.compile import device_loop
from feature_platform.features.plan import Work, make_plan
from feature_platform_tests.features.calculators.requests import REQUESTS

THREADS = 32


def simulated(work: Work, batch: Batch, moments: FloatArray) -> FloatArray:
    count, length = batch.x.shape
    out = np.empty((count, len(work.columns)))
    floats, integers = work.kernel.scratch(length, work.encoded)
    device_loop(work.kernel.function)[1, THREADS](
        *(batch.x, moments, batch.ordered, batch.spectrum, batch.density, batch.hours),
        *(work.encoded.rows, work.encoded.table, out),
        *(np.empty((count, floats)), np.empty((count, integers), dtype=np.int64), np.empty((count, STACK))),
        np.zeros(1, dtype=np.int64),
    )
    return out


def main(source: str, target: str) -> None:
    x = np.load(source)
    plan = make_plan(REQUESTS, timewise=True, foreign_columns=lambda *_: ())
    batch = prepare(x, np.arange(x.shape[1])[None] / 12, plan.needs)
    moments = simulated(Work(MOMENTS, MOMENTS.encode(()), np.arange(COUNT)), batch, np.empty((len(x), 0)))
    values = np.full((len(x), len(plan.names)), np.nan)
    for work in plan.works:
        found = simulated(work, batch, moments)
        if work.kernel.finish is not None:
            work.kernel.finish(found, x.shape[1], work.encoded)
        values[:, work.columns] = found
    np.save(target, values)


if __name__ == "__main__":
    main(*sys.argv[1:])
