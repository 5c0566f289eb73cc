import numpy as np
import pytest
from scipy.signal import welch as scipy_welch

from feature_platform.errors import FeatureError
from feature_platform.features.cpu.welch import welch
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

CALCULATORS = {
    "spkt_welch_density": [{"coeff": coeff} for coeff in (0, 1, 3, 20, 128, 200)],
    "fourier_entropy": [{"bins": bins} for bins in (1, 4, 7, 50, 1000)],
}


@pytest.mark.parametrize("lengths", [range(1, 300), range(300, 601), (2016, 20_000)])
def test_densities_are_scipys_to_the_last_bit(lengths: range) -> None:
    for length in lengths:
        x = np.stack([series for name, series in named_series(length).items() if name in {"walk", "rounded", "saw"}])
        own = welch(x)
        expected = np.stack([scipy_welch(series, nperseg=min(length, 256))[1] for series in x])
        np.testing.assert_array_equal(own, expected)


def test_values_are_tsfreshs() -> None:
    found, compared = differences(series_of((1, 2, 8, 31, 288)), CALCULATORS)
    assert found == []
    assert compared == 5 * 11 * len(named_series(2))


def test_bins_that_are_missing_move_the_others_names_as_in_tsfresh() -> None:
    for coeffs in ((9, 2, 5), (2, 9, 5, 8)):
        requests = {"spkt_welch_density": [{"coeff": coeff} for coeff in coeffs]}
        assert differences([("noise", named_series(13)["noise"])], requests)[0] == []


def test_one_frequency_is_one_full_bin() -> None:
    # A density of 1 in one bin of nine: two bins, of eight and of one value.
    x = np.cos(2 * np.pi * 8 * np.arange(16) / 16)
    values, _ = native_values(x[None], {"fourier_entropy": [{"bins": 3}]})
    shares = np.array([7, 1, 1]) / 9
    np.testing.assert_allclose(values[0, 0], -(shares * np.log(shares)).sum(), rtol=1e-14)


def test_infinite_and_huge_values_are_tsfreshs_without_a_warning() -> None:
    x = named_series(40)["noise"]
    infinite = x.copy()
    infinite[3] = -np.inf
    native_values(np.stack([1e200 * x, infinite]), CALCULATORS)
    with np.errstate(all="ignore"):
        assert differences([("huge", 1e200 * x), ("infinite", infinite)], CALCULATORS)[0] == []


def test_a_bin_counted_from_the_end_is_left_to_tsfresh() -> None:
    plan = make_plan({"spkt_welch_density": [{"coeff": -1}]}, timewise=True, foreign_columns=lambda *_: ())
    assert plan.delegated == {"spkt_welch_density": [{"coeff": -1}]}


@pytest.mark.parametrize(
    ("name", "parameters"), [("spkt_welch_density", {"coeff": 2.5}), ("fourier_entropy", {"bins": 0})]
)
def test_what_tsfresh_refuses_is_named(name: str, parameters: dict[str, object]) -> None:
    with pytest.raises(FeatureError, match=f"{name}: {next(iter(parameters))} is"):
        make_plan({name: [parameters]}, timewise=True, foreign_columns=lambda *_: ())
