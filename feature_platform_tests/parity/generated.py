"""Series that hypothesis makes up: short ones of floats of mixed scales, rounded, few-valued, held, spiked.

They come from a process that imports nothing of the platform: hypothesis likes the literals of the code that it sees,
so they would change with it.
"""

import pickle
import subprocess
import sys
import warnings
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

FloatArray = npt.NDArray[np.float64]

LONGEST = 60
SMALLEST = 1e-30
LENGTHS = st.integers(1, LONGEST)
SCALES = st.sampled_from([1e-9, 1e-3, 1.0, 40.0, 1e5, 1e9])
# Values near the smallest floats are kinds of their own in series.py.
VALUES = st.floats(-1, 1).map(lambda value: value if abs(value) > SMALLEST else 0.0)


def _array(length: int, elements: st.SearchStrategy[float]) -> st.SearchStrategy[FloatArray]:
    # With a fill most values would be one and the same.
    return arrays(np.float64, length, elements=elements, fill=st.nothing())


@st.composite
def plain(draw: st.DrawFn) -> FloatArray:
    return draw(_array(draw(LENGTHS), VALUES)) * draw(SCALES)


@st.composite
def mixed_scales(draw: st.DrawFn) -> FloatArray:
    length = draw(LENGTHS)
    exponents = draw(_array(length, st.integers(-6, 6).map(float)))
    return draw(_array(length, VALUES)) * 10**exponents


@st.composite
def rounded(draw: st.DrawFn) -> FloatArray:
    steps = draw(_array(draw(LENGTHS), st.floats(-1, 1)))
    return np.round(20 + np.cumsum(steps), draw(st.integers(0, 3)))


@st.composite
def few_valued(draw: st.DrawFn) -> FloatArray:
    levels = draw(st.lists(st.integers(-50, 50).map(lambda tenths: tenths / 10), min_size=1, max_size=4))
    return draw(_array(draw(LENGTHS), st.sampled_from(levels)))


@st.composite
def held(draw: st.DrawFn) -> FloatArray:
    length = draw(LENGTHS)
    lengths = draw(st.lists(st.integers(1, 12), min_size=length, max_size=length))
    levels = draw(_array(length, st.integers(-300, 300).map(lambda hundredths: hundredths / 100)))
    return np.repeat(levels, lengths)[:length] * draw(SCALES)


@st.composite
def spiked(draw: st.DrawFn) -> FloatArray:
    x = np.full(draw(LENGTHS), draw(st.sampled_from([0.0, 1.0, 21.5])))
    for place in draw(st.lists(st.integers(0, len(x) - 1), max_size=4)):
        x[place] += draw(st.floats(-1e3, 1e3))
    return x


SERIES = st.one_of(plain(), mixed_scales(), rounded(), few_valued(), held(), spiked())


@lru_cache(maxsize=2)
def generated_series(count: int) -> tuple[FloatArray, ...]:
    """The same series every time, at most `count`, none of them twice."""
    done = subprocess.run([sys.executable, __file__, str(count)], capture_output=True, check=True)
    found: tuple[FloatArray, ...] = pickle.loads(done.stdout)  # noqa: S301 - written by this very file
    return found


def collected(count: int) -> tuple[FloatArray, ...]:
    """What hypothesis makes up in this process."""
    found: dict[bytes, FloatArray] = {}

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SERIES)
    def collect(x: FloatArray) -> None:
        found[x.tobytes()] = x

    collect()
    return tuple(found.values())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.buffer.write(pickle.dumps(collected(int(sys.argv[1]))))
