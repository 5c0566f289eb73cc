from tsfresh.feature_extraction.settings import ComprehensiveFCParameters

from feature_platform.features.cost import MICROSECONDS, cost_class


def test_every_calculator_of_tsfresh_has_a_cost() -> None:
    assert set(MICROSECONDS) == set(ComprehensiveFCParameters())


def test_only_orders_of_magnitude_count() -> None:
    assert cost_class("air.temp__mean") == cost_class('air.temp__fft_coefficient__attr_"abs"__coeff_3')
    assert cost_class("s__mean") < cost_class("s__linear_trend") < cost_class("s__number_cwt_peaks__n_5")
    assert cost_class("s__number_cwt_peaks__n_5") < cost_class("s__sample_entropy") < cost_class("s__unheard_of")
