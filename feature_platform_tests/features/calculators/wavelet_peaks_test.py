import numpy as np
import pytest
from scipy.stats import scoreatpercentile

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.noise_floor import is_signal, percentile, window_length
from feature_platform.features.calculators.wavelet_peaks import ricker_at_half_steps
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

KINDS = ("walk", "noise", "autoregressive", "seasonal", "rounded", "step", "counts", "two_valued", "constant", "tiny")


def test_counts_are_tsfreshs() -> None:
    calculators = {"number_cwt_peaks": [{"n": n} for n in (1, 2, 3, 5, 8, 13, 25)]}
    series = [(name, x) for name, x in series_of((1, 2, 3, 9, 31, 57, 288, 900)) if name in KINDS]
    found, compared = differences(series, calculators)
    assert found == []
    assert compared == 8 * 7 * len(KINDS)


def test_infinite_values_are_tsfreshs() -> None:
    x = named_series(100)["noise"]
    one, several = x.copy(), x.copy()
    one[20] = np.inf
    several[[3, 20, 21, 60]] = np.inf, -np.inf, np.inf, -np.inf
    calculators = {"number_cwt_peaks": [{"n": 1}, {"n": 5}]}
    with np.errstate(all="ignore"):
        assert differences([("one", one), ("several", several)], calculators)[0] == []


def test_three_bumps_are_three_peaks() -> None:
    time = np.arange(120)
    x = sum(np.exp(-(((time - middle) / 4) ** 2)) for middle in (20.3, 60.7, 100.1))
    values, _ = native_values(np.array(x)[None], {"number_cwt_peaks": [{"n": 5}]})
    assert values[0, 0] == 3


def test_wavelets_are_tsfreshs() -> None:
    from tsfresh.feature_extraction.feature_calculators import _ricker  # noqa: PLC0415 - seconds

    for width in (1, 3, 20):
        table = ricker_at_half_steps(width, 10 * width)
        for points in (1, 2, 7, 10 * width):
            own = [table[abs(2 * i - (points - 1))] for i in range(points)]
            np.testing.assert_allclose(own, _ricker(points, np.int64(width)), rtol=1e-15)


@pytest.mark.parametrize("count", [1, 2, 11, 14, 100])
@pytest.mark.parametrize("kind", ["noise", "counts", "saw"])
def test_percentiles_are_scipys(count: int, kind: str) -> None:
    values = named_series(count)[kind]
    own = percentile(values, 10 / 100.0 * (count - 1), np.empty(count))
    assert own == scoreatpercentile(values, per=10)


def test_percentiles_put_nan_last() -> None:
    values = np.array([np.nan, np.inf, 3.0, -np.inf, np.nan])
    ranks = (0, 0.5, 1, 2, 2.5, 3)
    with np.errstate(invalid="ignore"):
        own = [percentile(values, rank, np.empty(5)) for rank in ranks]
    assert own[:3] == [-np.inf, -np.inf, 3.0]
    assert own[3] == np.finfo(float).max
    assert np.isnan(own[4:]).all()


@pytest.mark.parametrize("kind", ["noise", "counts", "saw", "two_valued", "walk"])
@pytest.mark.parametrize("length", [5, 40, 300])
def test_counting_decides_as_the_percentile_does(kind: str, length: int) -> None:
    smoothed = np.round(named_series(length)[kind] - 2, 1)
    work = np.empty(window_length(length))
    window = len(work)
    for place in range(length):
        around = smoothed[max(0, place - window // 2) : place + window // 2 + window % 2]
        noise = scoreatpercentile(around, per=10)
        for value in (smoothed[place], noise, -noise, np.nextafter(noise, 0), 2 * noise, 0.0):
            with np.errstate(all="ignore"):
                expected = not abs(np.float64(value) / noise) < 1
            assert is_signal(value, smoothed, place, work) == expected


@pytest.mark.parametrize("n", [0, -1, 2.5, "5"])
def test_what_tsfresh_refuses_is_named(n: object) -> None:
    with pytest.raises(FeatureError, match="number_cwt_peaks: n is"):
        make_plan({"number_cwt_peaks": [{"n": n}]}, timewise=True, foreign_columns=lambda *_: ())


def test_very_many_widths_are_left_to_tsfresh() -> None:
    plan = make_plan({"number_cwt_peaks": [{"n": 501}]}, timewise=True, foreign_columns=lambda *_: ())
    assert plan.delegated == {"number_cwt_peaks": [{"n": 501}]}
