from collections import defaultdict

import numpy as np
import pytest

from feature_platform.features.calculators.kernel import FloatArray, Kernel, Scratch, Series
from feature_platform.features.calculators.moments import COUNT, MOMENTS
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.calculators.summation import STACK
from feature_platform.features.cpu.run import run
from feature_platform.features.cpu.stages import Batch, prepare
from feature_platform.features.plan import Plan, Work, make_plan
from feature_platform_tests.features.calculators.requests import REQUESTS
from feature_platform_tests.parity.series import named_series

KINDS = ("walk", "counts", "constant", "saw", "mostly_zero", "tiny")
LENGTHS = (1, 2, 7, 32)


def calculators_by_kernel() -> list[tuple[str, ...]]:
    named = defaultdict(list)
    for calculator in CALCULATORS.values():
        named[calculator.kernel].append(calculator.name)
    return [tuple(names) for names in named.values()]


def plain_values(plan: Plan, x: FloatArray, hours: FloatArray) -> FloatArray:
    """What `run` gives, by the kernels as plain Python."""
    batch = prepare(x, hours, plan.needs)
    out = np.full((len(x), len(plan.names)), np.nan)
    moments = np.empty((len(x), COUNT))
    fill(Work(MOMENTS, MOMENTS.encode(()), np.arange(COUNT)), batch, np.empty((len(x), 0)), moments)
    for work in plan.works:
        values = np.empty((len(x), len(work.columns)))
        fill(work, batch, moments, values)
        if work.kernel.finish is not None:
            work.kernel.finish(values, x.shape[1], work.encoded)
        out[:, work.columns] = values
    return out


def fill(work: Work, batch: Batch, moments: FloatArray, values: FloatArray) -> None:
    scratch = scratch_of(work.kernel, work, batch.x.shape[1])
    for i, row in enumerate(values):
        series = Series(batch.x[i], moments[i], batch.ordered[i], batch.spectrum[i], batch.density[i], batch.hours[0])
        work.kernel.function(series, work.encoded.rows, work.encoded.table, row, scratch)


def scratch_of(kernel: Kernel, work: Work, length: int) -> Scratch:
    # What a kernel leaves unwritten must not matter: values that would show.
    floats, integers = kernel.scratch(length, work.encoded)
    return Scratch(
        np.full(floats, np.nan), np.full(integers, -(2**40)), np.full(STACK, np.nan), np.zeros(1, dtype=np.int64)
    )


@pytest.mark.parametrize("names", calculators_by_kernel(), ids=lambda names: names[0])
def test_a_kernel_gives_the_same_bits_as_plain_python_and_compiled(names: tuple[str, ...]) -> None:
    plan = make_plan({name: REQUESTS[name] for name in names}, timewise=True, foreign_columns=lambda *_: ())
    for length in LENGTHS:
        series = named_series(length)
        x = np.stack([series[kind] for kind in KINDS])
        hours = np.arange(length)[None] / 12
        with np.errstate(all="ignore"):
            plain = plain_values(plan, x, hours)
        compiled = run(plan, x, hours, threads=1)
        differing = (plain != compiled) & ~(np.isnan(plain) & np.isnan(compiled))
        found = [
            (length, KINDS[row], plan.names[column], plain[row, column], compiled[row, column])
            for row, column in np.argwhere(differing)
        ]
        assert found == []


def test_every_calculator_of_the_registry_is_asked_for() -> None:
    assert set(CALCULATORS) <= set(REQUESTS)
