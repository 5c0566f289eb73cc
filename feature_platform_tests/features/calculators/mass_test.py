import math

import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

CHUNKS = ((1, 0), (2, 1), (3, -1), (7, 3), (7, -7), (50, 49), (400, 3), (400, 399))


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)),
        {
            "index_mass_quantile": each("q", 0, 1, 1.0, 0.05, 0.5, 0.99, -1, 2, math.nan),
            "energy_ratio_by_chunks": [{"num_segments": chunks, "segment_focus": chunk} for chunks, chunk in CHUNKS],
        },
    )
    assert compared > 2000
    assert found == []


@pytest.mark.parametrize(
    ("q", "expected"), [(0.1, 1 / 4), (0.25, 1 / 4), (0.3, 2 / 4), (0.75, 3 / 4), (1, 1), (2, 1 / 4)]
)
def test_mass_by_hand(q: float, expected: float) -> None:
    assert native([-2, 3, -1, 2], "index_mass_quantile", q=q) == expected


def test_the_first_chunks_are_longer() -> None:
    x = [1, 2, 3, 4, 5]
    assert native(x, "energy_ratio_by_chunks", num_segments=2, segment_focus=0) == 14 / 55
    assert native(x, "energy_ratio_by_chunks", num_segments=2, segment_focus=-1) == 41 / 55
    assert native(x, "energy_ratio_by_chunks", num_segments=9, segment_focus=7) == 0


def test_nothing_has_no_mass_and_an_infinity_all_of_it() -> None:
    assert math.isnan(native([0, 0], "index_mass_quantile", q=0.5))
    assert math.isnan(native([0, 0], "energy_ratio_by_chunks", num_segments=2, segment_focus=0))
    # tsfresh divides by infinity, reaches no share, and takes the first place.
    assert native([1, math.inf, 1], "index_mass_quantile", q=0.5) == 1 / 3


def test_a_number_of_chunks_that_is_no_integer_is_left_to_tsfresh() -> None:
    beyond = CALCULATORS["energy_ratio_by_chunks"].beyond
    assert beyond({"num_segments": 10.0, "segment_focus": 1}) == "num_segments that is no integer"


@pytest.mark.parametrize(
    ("key", "value"), [("num_segments", 0), ("num_segments", "3"), ("segment_focus", 10), ("segment_focus", -11)]
)
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    parameters = {"num_segments": 10, "segment_focus": 0, key: value}
    with pytest.raises(FeatureError, match=f"energy_ratio_by_chunks: {key} is"):
        native([1, 2, 3], "energy_ratio_by_chunks", **parameters)
