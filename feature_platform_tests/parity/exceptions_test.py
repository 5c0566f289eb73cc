"""What docs/parity.md excuses is noise in tsfresh itself: there its own value moves with the last bit of the series."""

import pytest

from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.exceptions import GENERATED, exceptions
from feature_platform_tests.parity.series import named_series
from feature_platform_tests.parity.stability import unstable_columns

LENGTHS = (5, 9, 12, 18, 20, 27, 34, 50, 144, 186, 257, 288)
BY_KIND = sorted((calculator, kind) for calculator, kind in exceptions() if kind != GENERATED)


@pytest.mark.parametrize(("calculator", "kind"), BY_KIND)
def test_tsfreshs_own_value_moves(calculator: str, kind: str) -> None:
    assert any(unstable_columns([named_series(length)[kind] for length in LENGTHS], calculator))


def test_exceptions_name_what_there_is() -> None:
    kinds = {*named_series(4), GENERATED}
    assert {(name, kind) for name, kind in exceptions() if name not in COMPREHENSIVE or kind not in kinds} == set()


def test_where_tsfresh_is_no_noise_the_demonstration_fails() -> None:
    series = [named_series(length)[kind] for length in (20, 144) for kind in ("walk", "rounded", "counts")]
    for calculator in ("mean", "linear_trend", "cwt_coefficients", "number_peaks", "ar_coefficient"):
        assert not any(unstable_columns(series, calculator))
