"""The native engine against tsfresh itself, calculator by calculator, and proof that these tests can fail."""

import numpy as np
import pytest

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.comparison import close, differences, native_values, scale
from feature_platform_tests.parity.exceptions import exceptions
from feature_platform_tests.parity.series import named_series

LENGTHS = (1, 2, 3, 7, 20, 21, 50, 144, 289)
NATIVE = {name: parameters for name, parameters in COMPREHENSIVE.items() if name in CALCULATORS}
MUTATION = 1 + 1e-4


@pytest.mark.parametrize("length", LENGTHS)
def test_every_value_is_tsfreshs(length: int) -> None:
    found, compared = differences(list(named_series(length, seed=3).items()), NATIVE)
    excused = exceptions()
    unexcused = [
        difference
        for difference in found
        if not {(difference.calculator, difference.series), (difference.calculator, "any")} & excused
    ]
    assert compared > 10_000
    assert unexcused == []


def test_exceptions_name_what_there_is() -> None:
    kinds = {*named_series(4), "any"}
    assert {(name, kind) for name, kind in exceptions() if name not in COMPREHENSIVE or kind not in kinds} == set()


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
def test_a_kernel_that_is_off_by_one_in_ten_thousand_is_found_at_every_scale(factor: float) -> None:
    random = np.random.default_rng(9)
    x = np.stack([random.normal(size=288).cumsum() + 3, random.exponential(size=288)]) * factor
    values, names = native_values(x, NATIVE)
    hidden = []
    powers = {
        calculator.column(parameters): (calculator.power(parameters), calculator.exact)
        for name, parameter_list in NATIVE.items()
        for calculator in [CALCULATORS[name]]
        for parameters in parameter_list or ({},)
    }
    for position, name in enumerate(names):
        power, exact = powers[name]
        for row, own in zip(x, values[:, position].tolist(), strict=True):
            natural = scale(row) ** power
            assert close(own, own, natural, exact=exact)
            if np.isfinite(own) and abs(own) > 1e-3 * natural and close(own * MUTATION, own, natural, exact=exact):
                hidden.append((name, own))
    assert hidden == []
