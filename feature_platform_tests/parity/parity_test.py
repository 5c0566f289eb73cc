"""The native engine against tsfresh itself, on every kind of series, and proof that these tests can fail."""

from pathlib import Path

import numpy as np
import pytest

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.tolerance import close, natural_scale, powers_of, scale
from feature_platform_tests.parity.cases import Case, generated, real
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.exceptions import unexcused
from feature_platform_tests.parity.series import named_series

LENGTHS = (1, 2, 3, 7, 20, 21, 50, 144, 289)
NATIVE = {name: parameters for name, parameters in COMPREHENSIVE.items() if name in CALCULATORS}
MUTATION = 1 + 1e-4


@pytest.mark.parametrize("length", LENGTHS)
def test_every_value_is_tsfreshs(length: int) -> None:
    hold(Case(f"{length}", list(named_series(length, seed=3).items()), NATIVE), at_least=len(named_series(2)))


def test_every_value_of_generated_series_is_tsfreshs() -> None:
    hold(generated(100), at_least=60)


@pytest.mark.real_data
def test_every_value_of_windows_of_the_real_exports_is_tsfreshs(real_data: Path) -> None:
    for case in real(real_data, {288: 12, 1440: 1}):
        hold(case, at_least=3)


def hold(case: Case, *, at_least: int) -> None:
    """At least so many series, and no difference that the table does not excuse."""
    found, compared = differences(case.series, case.calculators)
    assert compared >= at_least * len(powers_of(case.calculators))
    assert unexcused(found, case.series) == []


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
def test_a_kernel_that_is_off_by_one_in_ten_thousand_is_found_at_every_scale(factor: float) -> None:
    random = np.random.default_rng(9)
    x = np.stack([random.normal(size=288).cumsum() + 3, random.exponential(size=288)]) * factor
    values, names = native_values(x, NATIVE)
    hidden = []
    powers = powers_of(NATIVE)
    for position, name in enumerate(names):
        power, exact = powers[name]
        for row, own in zip(x, values[:, position].tolist(), strict=True):
            natural = natural_scale(row, power)
            assert close(own, own, natural, exact=exact)
            if np.isfinite(own) and abs(own) > 1e-3 * natural and close(own * MUTATION, own, natural, exact=exact):
                hidden.append((name, own))
    assert hidden == []


def test_the_tolerance_of_the_smallest_and_largest_values_is_no_blank_cheque() -> None:
    noise = np.random.default_rng(4).normal(size=288)
    for factor in (1e-310, 1e-200, 1e200):
        x = factor * noise
        assert scale(x) == pytest.approx(factor * noise.std(), rel=1e-9)
        for power in (-3, -1, 1, 2, 4):
            natural = natural_scale(x, power)
            value = natural or 1.0
            assert not close(value * MUTATION, value, natural, exact=False)
