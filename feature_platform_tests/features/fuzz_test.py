"""No float64 and no parameter crashes the interpreter, hangs it, or changes how many columns there are."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.arguments import RefusedError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.run import run
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.plan import make_plan
from feature_platform_tests.parity.comparison import native_values

NATIVE = {name: parameters for name, parameters in COMPREHENSIVE.items() if name in CALCULATORS}
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=True, width=64)
NASTY = st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, 1.7e308, -1.7e308, np.inf, -np.inf])
SERIES = arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 80)), elements=st.one_of(ANY_FLOAT, NASTY))
FEW_VALUES = arrays(np.float64, st.tuples(st.just(1), st.integers(1, 80)), elements=st.integers(0, 3).map(float))
NUMBER = st.one_of(
    st.integers(-3, 90),
    st.sampled_from([2**20, 2**40, 2**53, 2**63, 2**70, -(2**63), -(2**70)]),
    st.floats(width=64),
    st.floats(-0.5, 1.5),
)
ODD = st.one_of(NUMBER, st.none(), st.booleans(), st.text(max_size=3), st.tuples(NUMBER), st.lists(NUMBER, max_size=2))
CHOICES = {
    "widths": st.lists(st.one_of(st.integers(-1, 300), st.floats(0, 300)), max_size=3).map(tuple),
    "query": arrays(np.float64, st.integers(0, 90), elements=ANY_FLOAT),
    "f_agg": st.sampled_from(
        ["max", "min", "mean", "var", "std", "sum", "prod", "argmax", "any", "all", "median", "x"]
    ),
    "attr": st.sampled_from(["real", "abs", "angle", "pvalue", "rvalue", "stderr", "intercept", "usedlag", "teststat"]),
    "normalize": st.booleans(),
}


@settings(max_examples=150, deadline=None)
@given(SERIES)
def test_any_values(x: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        values, names = native_values(x, NATIVE)
    assert values.shape == (len(x), len(names))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(sorted(name for name, one in CALCULATORS.items() if one.keys or one.optional)))
    calculator = CALCULATORS[name]
    parameters = dict(draw(st.sampled_from(list(NATIVE[name] or [{}]))))
    for key in (*calculator.keys, *calculator.optional):
        if draw(st.booleans()):
            parameters[key] = draw(st.one_of(CHOICES.get(key, NUMBER), NUMBER, ODD))
    if parameters.get("widths") and draw(st.booleans()):
        parameters["w"] = parameters["widths"][0] if isinstance(parameters["widths"], tuple | list) else 2
    return name, parameters


@settings(max_examples=600, deadline=None)
@given(st.lists(requests(), min_size=1, max_size=4), st.one_of(SERIES, FEW_VALUES))
@example([("autocorrelation", {"lag": 2**70})], np.ones((1, 3)))
@example([("partial_autocorrelation", {"lag": 2**70})], np.arange(30.0)[None])
@example([("friedrich_coefficients", {"coeff": 2**70, "m": 3, "r": 30})], np.arange(30.0)[None])
@example([("ar_coefficient", {"coeff": 2**70, "k": 10})], np.arange(30.0)[None])
def test_any_parameters(asked: list[tuple[str, dict[str, Any]]], x: np.ndarray) -> None:
    taken: dict[str, list[dict[str, Any]]] = {}
    for name, parameters in asked:
        with suppress(RefusedError):
            make_plan({name: [parameters]}, timewise=True, foreign_columns=lambda *_: ())
            taken.setdefault(name, []).append(parameters)
    plan = make_plan(taken, timewise=True, foreign_columns=lambda *_: ())
    with np.errstate(all="ignore"):
        values = run(plan, x, np.arange(x.shape[1])[None] / 12.0, threads=1)
    assert values.shape == (len(x), len(plan.names))
    own = [position for work in plan.works for position in work.columns]
    assert len(own) == len(set(own))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(CALCULATORS), "meann"]), ODD, max_size=3))
def test_settings_of_any_shape(calculators: dict[str, Any]) -> None:
    with suppress(FeatureError):
        plan = make_plan(calculators, timewise=True, foreign_columns=lambda *_: ())
        assert run(plan, np.arange(12.0)[None], np.arange(12.0)[None]).shape == (1, len(plan.names))


def test_a_long_series_of_nasty_values() -> None:
    random = np.random.default_rng(6)
    x = random.standard_normal((3, 20_000)).cumsum(axis=1)
    x[1, random.integers(0, 20_000, 50)] = random.choice([np.inf, -np.inf, 1.7e308, 5e-324], 50)
    x[2] = np.round(x[2])
    with np.errstate(all="ignore"):
        values, names = native_values(x, NATIVE)
    assert values.shape == (3, len(names))
    assert np.isfinite(values[::2]).mean() > 0.98


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_kernel_reaches_beyond_its_arrays(tmp_path: Path) -> None:
    script = Path(__file__).with_name("checked_bounds.py")
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, str(script), "60"], env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert " 0 beyond" in found.stdout
