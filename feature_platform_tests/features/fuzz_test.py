"""No float64 crashes the interpreter, hangs it, or changes how many columns there are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.comparison import native_values

NATIVE = {name: parameters for name, parameters in COMPREHENSIVE.items() if name in CALCULATORS}
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=True, width=64)
NASTY = st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, 1.7e308, -1.7e308, np.inf, -np.inf])


@settings(max_examples=150, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 70)), elements=st.one_of(ANY_FLOAT, NASTY)))
def test_any_values(x: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        values, names = native_values(x, NATIVE)
    assert values.shape == (len(x), len(names))
