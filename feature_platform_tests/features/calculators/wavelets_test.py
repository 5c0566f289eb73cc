import numpy as np
import pytest
import pywt

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.convolution import correlate
from feature_platform.features.calculators.wavelets import integrated_wavelet
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

WIDTHS = (1, 3.5, 0.2, 300)
CALCULATORS = {
    "cwt_coefficients": [
        {"widths": widths, "coeff": coeff, "w": w}
        for widths, w in (((2, 5, 10, 20), 20), *((WIDTHS, w) for w in WIDTHS))
        for coeff in (0, 1, 15, 16, 40, 250)
    ]
}
KINDS = ("walk", "noise", "seasonal", "rounded", "step", "counts", "spikes", "tiny", "huge")


def test_the_integrated_wavelet_is_pywts() -> None:
    integral, places = integrated_wavelet()
    expected, expected_places = pywt.integrate_wavelet("mexh", precision=12)
    np.testing.assert_array_equal(places, expected_places)
    # Not to the last bit: the exponentials of pywt's C library may differ from numpy's.
    np.testing.assert_allclose(integral, expected, rtol=1e-14, atol=1e-28)


def test_values_are_tsfreshs() -> None:
    series = [(name, x) for name, x in series_of((1, 2, 16, 31, 288)) if name in KINDS]
    found, compared = differences(series, CALCULATORS)
    assert found == []
    assert compared == 5 * 30 * len(KINDS)


def test_an_impulse_gives_the_wavelet_back_half_a_step_late() -> None:
    x = np.zeros(41)
    x[20] = 1
    requests = [{"widths": (4,), "coeff": coeff, "w": 4} for coeff in range(41)]
    values, _ = native_values(x[None], {"cwt_coefficients": requests})
    squares = ((np.arange(41) - 20.5) / 4) ** 2
    hat = (1 - squares) * np.exp(-squares / 2) * 2 / (np.sqrt(3) * np.pi**0.25) / np.sqrt(4)
    np.testing.assert_allclose(values[0], hat, atol=5e-3)


def test_coefficients_beyond_the_series_are_nan() -> None:
    requests = [{"widths": [2, 5], "coeff": coeff, "w": 5} for coeff in (2, 3)]
    values, names = native_values(np.ones((1, 3)), {"cwt_coefficients": requests})
    assert np.isnan(values).tolist() == [[False, True]]
    assert names[0] == "cwt_coefficients__coeff_2__w_5__widths_(2, 5)"


def test_infinite_values_are_tsfreshs() -> None:
    x = named_series(50)["noise"]
    one, several = x.copy(), x.copy()
    one[20] = np.inf
    several[[3, 20, 21]] = np.inf, -np.inf, np.inf
    with np.errstate(all="ignore"):
        assert differences([("one", one), ("several", several)], CALCULATORS)[0] == []


@pytest.mark.parametrize(("count", "width"), [(0, 3), (1, 1), (4, 9), (11, 30)])
def test_correlations_are_numpys(count: int, width: int) -> None:
    random = np.random.default_rng(1)
    values, weights, out = random.random(count + width), random.random(count + 2), np.empty(width)
    correlate(values, weights, count, out)
    expected = [sum(weights[t] * values[i + t] for t in range(count)) for i in range(width)]
    np.testing.assert_allclose(out, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"widths": (2, 5), "coeff": 0, "w": 3}, "w is 3"),
        ({"widths": (2, 0), "coeff": 0, "w": 2}, "widths is"),
        ({"widths": 2, "coeff": 0, "w": 2}, "widths is 2"),
        ({"widths": (2,), "coeff": 0.5, "w": 2}, "coeff is 0.5"),
    ],
)
def test_what_tsfresh_refuses_is_named(parameters: dict[str, object], key: str) -> None:
    with pytest.raises(FeatureError, match=f"cwt_coefficients: {key}"):
        make_plan({"cwt_coefficients": [parameters]}, timewise=True, foreign_columns=lambda *_: ())
