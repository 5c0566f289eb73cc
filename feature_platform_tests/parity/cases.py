"""What `make parity` compares: groups of series, and the calculators that tsfresh can run on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS
from feature_platform_tests.parity.generated import generated_series
from feature_platform_tests.parity.real import real_windows
from feature_platform_tests.parity.series import named_series

LENGTHS: Mapping[str, tuple[int, ...]] = {
    "1 to 20": tuple(range(1, 21)),
    "21 to 60": tuple(range(21, 61)),
    "61, 97, 257": (61, 97, 257),
    "144": (144,),
    "288": (288,),
    "1440": (1440,),
    "2016": (2016,),
    "20000": (20_000,),
}
LONG = 20_000
"""From here on tsfresh's approximate_entropy needs 19 GB of memory, and its sample_entropy a minute a series."""
REAL = {144: 20, 288: 60, 1440: 8}
"""How many windows of each length are taken from each real export."""
GENERATED = 500
GENERATED_NAME = "generated, 1 to 60"


@dataclass(frozen=True)
class Case:
    """Series that are compared and counted together: of one class of lengths, or of one origin."""

    name: str
    series: list[tuple[str, FloatArray]]
    calculators: Mapping[str, Any]


def by_length(seed: int = 0) -> Iterator[Case]:
    """All kinds of series of all lengths, class by class."""
    for name, lengths in LENGTHS.items():
        series = [pair for length in lengths for pair in named_series(length, seed=seed).items()]
        yield Case(name, series, COMPREHENSIVE if max(lengths) < LONG else FEATURE_SETS["efficient"])


def generated(count: int = GENERATED) -> Case:
    """What hypothesis makes up."""
    return Case(GENERATED_NAME, [(kind_of(x, "generated"), x) for x in generated_series(count)], COMPREHENSIVE)


def real(folder: Path, counts: Mapping[int, int] | None = None) -> Iterator[Case]:
    """Windows of the real exports, by length."""
    with TemporaryDirectory() as scratch:
        windows = real_windows(folder, Path(scratch), counts or REAL)
    for length in counts or REAL:
        series = [(kind_of(x, "real"), x) for _, x in windows if len(x) == length]
        yield Case(real_name(length), series, COMPREHENSIVE)


def real_name(length: int) -> str:
    """What the case of a length of real windows is called."""
    return f"real exports, {length}"


def kind_of(x: FloatArray, otherwise: str) -> str:
    """`constant` for a series that has one value alone, whatever its origin."""
    return "constant" if x.min() == x.max() else otherwise
