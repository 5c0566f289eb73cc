"""Kernels compiled for other processors give the same bits: none of them may trade exactness for wider registers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.bits_test import assert_same_bits
from feature_platform_tests.parity.comparison import native_values
from feature_platform_tests.parity.series import named_series

LENGTHS = (20, 61, 144, 289)
SUMS = ("abs_energy", "variance", "kurtosis", "autocorrelation", "cid_ce", "energy_ratio_by_chunks")
"""Loops that a compiler would like to add up several values at a time."""

PROGRAM = """
import sys
import numpy as np
from feature_platform_tests.parity.processor_test import values_of
np.savez(sys.argv[1], *values_of(sys.argv[2].split(",")))
"""


def values_of(calculators: list[str]) -> list[np.ndarray]:
    asked = {name: COMPREHENSIVE[name] for name in calculators}
    series = [np.stack(list(named_series(length, seed=4).values())) for length in LENGTHS]
    return [native_values(x, asked)[0] for x in series]


def held_to_this_processor(tmp_path: Path, processor: str, calculators: list[str]) -> None:
    found = tmp_path / "found.npz"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(found), ",".join(calculators)],
        # Without the empty list numba adds what this machine has, wide registers included.
        env=os.environ | {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)},
        check=True,
    )
    with np.load(found) as other:
        for own, theirs in zip(values_of(calculators), other.values(), strict=True):
            assert_same_bits(own, theirs)


def test_sums_are_the_same_without_wide_registers(tmp_path: Path) -> None:
    held_to_this_processor(tmp_path, "x86-64", list(SUMS))


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("processor", ["x86-64-v2", "x86-64-v3"])
def test_every_kernel_is_the_same(tmp_path: Path, processor: str) -> None:
    held_to_this_processor(tmp_path, processor, list(COMPREHENSIVE))
