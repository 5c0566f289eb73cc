"""The feature catalogue: every feature is explained, and its values are what the catalogue says that they are."""

import string
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features import extract_batch
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.catalogue.describe import describe_feature
from feature_platform.features.catalogue.entries import CHAPTERS, ENTRIES
from feature_platform.features.catalogue.entry import KINDS, Kind
from feature_platform.features.catalogue.page import catalogue_page
from feature_platform.features.cost import MICROSECONDS
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS
from feature_platform_tests.features.calculators.requests import REQUESTS

PAGE = Path(__file__).parents[2] / "docs" / "feature-catalogue.md"
LONGEST = 120
COLUMNS = {
    f"afd3.air_temp__{CALCULATORS[name].column(parameters)}": (name, parameters)
    for name, asked in REQUESTS.items()
    for parameters in asked or ({},)
}


def test_every_calculator_has_one_entry_with_all_its_parameters() -> None:
    assert set(ENTRIES) == set(CALCULATORS)
    assert sum(map(len, CHAPTERS.values())) == len(ENTRIES)
    for name, entry in ENTRIES.items():
        known = {*CALCULATORS[name].keys, *CALCULATORS[name].optional}
        assert set(entry.parameters) == known, name
        assert {place for _, place, *_ in string.Formatter().parse(entry.meaning) if place} <= known, name


def test_every_feature_is_read_back_and_has_a_sentence_of_its_own() -> None:
    found = {column: describe_feature(column, "°C") for column in COLUMNS}
    for column, (name, parameters) in COLUMNS.items():
        one = found[column]
        assert (one.sensor, one.calculator, dict(one.parameters)) == ("afd3.air_temp", name, _read_back(column))
        assert CALCULATORS[name].column(one.parameters) == CALCULATORS[name].column(parameters)
        assert len(one.meaning) <= LONGEST, one.meaning
        assert one.meaning.endswith(".")
        assert one.unit
        assert one.microseconds == MICROSECONDS.get(name)
    assert len({one.meaning for one in found.values()}) == len(COLUMNS)


def _read_back(column: str) -> dict[str, object]:
    name, parameters = COLUMNS[column]
    # The column names the way of choosing lags that tsfresh takes where none is given.
    return {**parameters, "autolag": "AIC"} if name == "augmented_dickey_fuller" else dict(parameters)


RANGES: dict[Kind, Callable[[FloatArray], FloatArray]] = {
    "count": lambda values: (values >= 0) & (values == np.rint(values)),
    "share": lambda values: (values >= 0) & (values <= 1),
    "flag": lambda values: (values == 0) | (values == 1),
    "position": lambda values: (values >= 0) & (values <= 1),
    "nats": lambda values: values >= -1e-12,
    "correlation": lambda values: np.abs(values) <= 1 + 1e-12,
    "probability": lambda values: (values >= 0) & (values <= 1),
    "number": lambda values: ~np.isnan(values),
    "degrees": lambda values: np.abs(values) <= 180,
    "bins": lambda values: (values >= 0) & (values <= 60**2),
}


def test_values_without_a_unit_are_what_their_kind_says() -> None:
    random = np.random.default_rng(0)
    series = random.normal(5, 3, size=(40, 120)).cumsum(axis=1)
    series[::2] = np.rint(series[::2] % 7)
    series[::5] = random.normal(size=(8, 120))
    times = np.datetime64(0, "us") + np.arange(120) * np.timedelta64(300, "s")
    values, names = extract_batch(series, COMPREHENSIVE, times=times)
    checked: set[Kind] = set()
    for column, feature in zip(values.T, names, strict=True):
        name, parameters = COLUMNS[f"afd3.air_temp__{feature}"]
        if CALCULATORS[name].power(parameters) == 0:
            kind = ENTRIES[name].kind_of(parameters)
            known = column[np.isfinite(column)]
            assert RANGES[kind](known).all(), (feature, kind, known)
            # A feature that never leaves one value would be of any kind.
            checked |= {kind} if len(np.unique(known)) > 1 else set()
    assert checked == set(KINDS)


@pytest.mark.parametrize(
    ("feature", "unit", "expected"),
    [
        ("mean", "°C", "°C"),
        ("variance", "°C", "°C²"),
        ("variance", "W/m2", "(W/m2)²"),
        ("variance", None, "u²"),
        ("mean", None, "u"),
        ("mean", "", "none"),
        ("c3__lag_1", "%", "%³"),
        ("count_above_mean", "°C", "a count"),
        ('linear_trend__attr_"slope"', "°C", "°C per step"),
        ('linear_trend_timewise__attr_"stderr"', "", "per hour"),
        ('linear_trend__attr_"pvalue"', "°C", "probability, 0 to 1"),
        ('agg_linear_trend__attr_"intercept"__chunk_len_5__f_agg_"var"', "°C", "°C²"),
        ('fft_coefficient__attr_"abs"__coeff_1', "°C", "°C"),
        ('fft_coefficient__attr_"angle"__coeff_1', "°C", "degrees"),
        ('fft_aggregated__aggtype_"variance"', "°C", "frequency bins squared"),
        ("friedrich_coefficients__coeff_0__m_3__r_30", "°C", "°C⁻² per step"),
        ("friedrich_coefficients__coeff_2__m_3__r_30", "°C", "per step"),
        ("spkt_welch_density__coeff_2", "°C", "°C² per cycle per step"),
    ],
)
def test_the_unit_follows_from_the_sensors(feature: str, unit: str | None, expected: str) -> None:
    assert describe_feature(f"afd3.air_temp__{feature}", unit).unit == expected


def test_a_name_may_lack_its_sensor_and_a_sensor_be_named_as_a_calculator_is() -> None:
    assert describe_feature("quantile__q_0.9").sensor is None
    odd = describe_feature("mean__quantile__q_0.9")
    assert (odd.sensor, odd.calculator) == ("mean", "quantile")
    assert describe_feature("afd3.air_temp.mean_6h__mean").sensor == "afd3.air_temp.mean_6h"


def test_the_sets_that_have_it_are_those_that_have_its_column() -> None:
    assert describe_feature("mean").feature_sets == tuple(FEATURE_SETS)
    assert describe_feature("sample_entropy").feature_sets == ("comprehensive",)
    assert describe_feature("quantile__q_0.123").feature_sets == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("afd3.air_temp__quantille__q_0.9", "no calculator 'quantille' in the catalogue; near ones are quantile"),
        ("afd3.air_temp__quantile__p_0.9", "'p_0.9' is no parameter of quantile; it takes q"),
        ("afd3.air_temp__quantile__q_high", "'q_high' has no value"),
        ("afd3.air_temp__quantile", "quantile takes q; give them all"),
        ("afd3.air_temp__mean__q_1", "'q_1' is no parameter of mean; it takes no parameters"),
    ],
)
def test_a_name_that_is_no_features_is_told_what_is_wrong(name: str, said: str) -> None:
    with pytest.raises(FeatureError, match=said):
        describe_feature(name)


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue_page(), (
        "write it anew: feature-platform features catalogue > docs/feature-catalogue.md"
    )
