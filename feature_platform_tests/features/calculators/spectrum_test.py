import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.complex_numbers import degrees, modulus
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

ATTRIBUTES = ("real", "imag", "abs", "angle")
CALCULATORS = {
    "fft_coefficient": [{"attr": attr, "coeff": coeff} for attr in ATTRIBUTES for coeff in (0, 7, 143, 1000)],
    "fft_aggregated": [{"aggtype": name} for name in ("kurtosis", "skew", "variance", "centroid")],
}


def test_values_are_tsfreshs() -> None:
    found, compared = differences(series_of((1, 2, 8, 31, 288)), CALCULATORS)
    assert found == []
    assert compared == 5 * 20 * len(named_series(2))


def test_a_pure_cosine_has_its_size_and_angle_in_one_coefficient() -> None:
    x = np.cos(2 * np.pi * 3 * np.arange(16) / 16 + np.pi / 6)
    requests = [{"attr": attr, "coeff": 3} for attr in ATTRIBUTES] + [{"attr": "abs", "coeff": 4}]
    values, _ = native_values(x[None], {"fft_coefficient": requests})
    expected = [8 * np.cos(np.pi / 6), 8 * np.sin(np.pi / 6), 8, 30, 0]
    np.testing.assert_allclose(values[0], expected, atol=1e-13)


def test_moments_are_those_of_the_sizes_distribution() -> None:
    # The spectrum of (1, 0, 0, 0) is 1 everywhere: weights 1, 1, 1 at 0, 1, 2.
    values, _ = native_values(np.array([[1.0, 0, 0, 0]]), {"fft_aggregated": CALCULATORS["fft_aggregated"]})
    np.testing.assert_allclose(values[0, 2:], [2 / 3, 1.0], rtol=1e-15)
    kurtosis = (17 / 3 - 4 * 3 + 6 * 5 / 3 - 3) / (2 / 3) ** 2
    np.testing.assert_allclose(values[0, :2], [kurtosis, 0], atol=1e-14)


def test_a_narrow_distribution_and_a_series_of_zeros_have_no_shape() -> None:
    values, _ = native_values(np.array([[1.0, 1, 1, 1], [0.0, 0, 0, 0]]), {"fft_aggregated": [{"aggtype": "skew"}]})
    assert np.isnan(values).all()


@pytest.mark.parametrize(
    ("real", "imaginary", "size"),
    [
        (3.0, 4.0, 5.0),
        (3e200, 4e200, 5e200),
        (3e-200, -4e-200, 5e-200),
        (0.0, 0.0, 0.0),
        (np.inf, np.nan, np.inf),
        (np.nan, 1.0, np.nan),
    ],
)
def test_sizes_neither_overflow_nor_vanish(real: float, imaginary: float, size: float) -> None:
    np.testing.assert_allclose(modulus(real, imaginary), size, rtol=1e-15)


def test_angles_are_in_degrees() -> None:
    assert [degrees(1, 0), degrees(0, 1), degrees(-1, 0), degrees(0, -1)] == [0, 90, 180, -90]


def test_huge_and_infinite_values_are_tsfreshs() -> None:
    x = named_series(50)["noise"]
    infinite = x.copy()
    infinite[7] = np.inf
    with np.errstate(all="ignore"):
        assert differences([("huge", 1e300 * x), ("minute", 1e-300 * x), ("infinite", infinite)], CALCULATORS)[0] == []


@pytest.mark.parametrize(
    ("name", "parameters", "text"),
    [
        ("fft_coefficient", {"attr": "phase", "coeff": 1}, "fft_coefficient.*attr.*phase"),
        ("fft_coefficient", {"attr": "abs", "coeff": -1}, "fft_coefficient.*coeff.*-1"),
        ("fft_coefficient", {"attr": "abs", "coeff": 1.5}, r"fft_coefficient.*coeff.*1\.5"),
        ("fft_aggregated", {"aggtype": "mean"}, "fft_aggregated.*aggtype.*mean"),
    ],
)
def test_what_tsfresh_refuses_is_named(name: str, parameters: dict[str, object], text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        make_plan({name: [parameters]}, timewise=True, foreign_columns=lambda *_: ())
