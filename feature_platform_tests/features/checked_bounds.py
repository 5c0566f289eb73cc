"""Kernels over odd series and parameters, compiled with numba's check of every index (NUMBA_BOUNDSCHECK=1)."""

import sys
import time
import warnings
from collections.abc import Mapping
from typing import Any

import numba
import numpy as np

import feature_platform.features.cpu.run as cpu
from feature_platform.features.calculators.arguments import RefusedError
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.compile import run_batch
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.plan import Plan, make_plan

NUMBERS = [
    *(-1, 0, 1, 2, 3, 5, 7, 15, 16, 29, 30, 31, 39, 40, 41, 79, 80, 81, 255, 256, 257, 1000),
    *(2**20, 2**40, 2**53, 2**63, 2**70, -(2**70)),
    *(0.0, 0.5, 1.0, 1.5, -0.5, np.nan, np.inf, -np.inf, 1e-300, 1e300),
]
VALUES = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-300, 1e300, 1.7e308, -1.7e308, np.inf, -np.inf, 1e17]
WIDTHS = [0.13, 0.2, 0.5, 1, 2, 3.7, 50, 300]


def odd_series(random: np.random.Generator, n: int) -> FloatArray:
    """One of several kinds of series, without NaN."""
    spoilt = random.normal(size=n)
    spoilt[random.integers(n)] = random.choice(VALUES)
    kinds = (
        random.normal(size=n).cumsum(),
        random.choice(VALUES, n),
        np.nan_to_num(random.integers(0, 1 << 63, n).view(np.float64), nan=1.0, posinf=np.inf),
        np.full(n, random.choice(VALUES)),
        random.integers(0, 4, n).astype(float),
        spoilt,
        np.arange(n) * random.choice([1.0, -1.0, 0.1, 1e-310]),
        np.sort(random.normal(size=n)) * 10.0 ** random.integers(-320, 300),
    )
    chosen: FloatArray = kinds[random.integers(len(kinds))]
    return chosen


def odd_parameters(random: np.random.Generator, name: str) -> dict[str, Any]:
    """A calculator's parameters, some of them tsfresh's own."""
    if name == "query_similarity_count":
        query = random.normal(size=int(random.integers(90)))
        return {"query": query, "threshold": float(random.normal()), "normalize": False}
    own = COMPREHENSIVE[name] or [{}]
    parameters = dict(own[random.integers(len(own))])
    for key in (*CALCULATORS[name].keys, *CALCULATORS[name].optional):
        if random.random() < 0.5:
            parameters[key] = NUMBERS[random.integers(len(NUMBERS))]
    if name == "cwt_coefficients":
        widths = tuple(random.choice(WIDTHS, 3).tolist())
        parameters |= {"widths": widths, "w": widths[0]}
    return parameters


def odd_plan(random: np.random.Generator) -> Plan:
    """All calculators as tsfresh has them, or a few with odd parameters."""
    calculators: Mapping[str, Any] = COMPREHENSIVE
    if random.random() < 0.8:
        calculators = {}
        for name in random.choice(list(CALCULATORS), 6, replace=False).tolist():
            taken = []
            for parameters in (odd_parameters(random, name) for _ in range(4)):
                try:
                    make_plan({name: [parameters]}, timewise=True, foreign_columns=lambda *_: ())
                except RefusedError:
                    continue
                taken.append(parameters)
            if taken:
                calculators[name] = taken
    return make_plan(calculators, timewise=True, foreign_columns=lambda *_: ())


@numba.njit
def element(x: FloatArray, place: int) -> float:
    """What must raise beyond an array, if indices are checked."""
    value: float = x[place]
    return value


def main(seconds: float) -> int:
    """Run for so many seconds, not counting the compiling; how many kernels reached beyond an array."""
    try:
        element(np.zeros(3), 7)
    except IndexError:
        pass
    else:
        sys.exit("indices are not checked; set NUMBA_BOUNDSCHECK=1")
    # As plain Python the loop lets a kernel's exception through; called by pointer it would be lost.
    cpu.batch_loop = lambda: run_batch  # type: ignore[assignment]
    random = np.random.default_rng(12)
    beyond: set[str] = set()
    everything = make_plan(COMPREHENSIVE, timewise=True, foreign_columns=lambda *_: ())
    cpu.run(everything, np.ones((1, 9)), np.arange(9.0)[None], threads=1)
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        n = int(random.integers(1, 81)) if random.random() < 0.98 else int(random.integers(200, 700))
        x = np.stack([odd_series(random, n) for _ in range(2)])
        plan = odd_plan(random)
        for work in plan.works:
            try:
                cpu.run(Plan(plan.names, (work,), {}, {}, ()), x, np.arange(n)[None] / 12, threads=1)
            except IndexError as error:
                beyond.add(f"{work.kernel.function.__name__}, n={n}: {error}; {work.encoded.rows.tolist()}")
        rounds += 1
    for kernel in sorted(beyond):
        print(kernel)
    print(f"{rounds} rounds, {len(beyond)} beyond")
    return len(beyond)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    sys.exit(min(main(float(sys.argv[1])), 1))
