import numpy as np
import polars as pl
import pytest

from feature_platform.plots.features import feature_heatmap, standard_scores
from feature_platform.plots.palette import FAINT
from feature_platform.plots.selection import correlation_heatmap
from feature_platform_tests.plots.pictures import pixels, share_of

RED, DARK_BLUE = "#67001F", "#053061"
"""The ends of the colour map."""


def names(count: int) -> list[str]:
    return [f"afd{number % 7}.air__quantile__q_0.{number}" for number in range(count)]


def test_correlation_is_red_where_positive_and_blue_where_negative() -> None:
    same, opposed = np.ones((4, 4)), -np.ones((4, 4))
    assert share_of(pixels(correlation_heatmap(same, names(4))), RED) > 0.2
    image = pixels(correlation_heatmap(opposed, names(4)))
    assert share_of(image, DARK_BLUE) > 0.2
    assert share_of(image, RED) < 0.01


def test_unknown_correlation_is_grey() -> None:
    assert share_of(pixels(correlation_heatmap(np.full((5, 5), np.nan), names(5))), FAINT) > 0.2


def test_one_strong_pair_among_a_thousand_columns_still_shows() -> None:
    quiet = np.zeros((1000, 1000))
    loud = quiet.copy()
    loud[700, 123] = loud[123, 700] = -1.0
    without, with_pair = (pixels(correlation_heatmap(matrix, names(1000))) for matrix in (quiet, loud))
    legend = share_of(without, DARK_BLUE)
    assert share_of(with_pair, DARK_BLUE) > legend
    changed = np.argwhere((without != with_pair).any(axis=2))
    assert len(changed) > 4
    assert pixels(correlation_heatmap(np.full((1000, 1000), np.nan), names(1000))).shape == without.shape


@pytest.mark.parametrize("count", [0, 1, 40, 41, 201])
def test_correlation_of_any_number_of_columns(count: int) -> None:
    matrix = np.random.default_rng(0).uniform(-1, 1, (count, count))
    pixels(correlation_heatmap(matrix, names(count)))


def test_a_matrix_of_another_size_than_its_names_is_refused() -> None:
    with pytest.raises(ValueError, match=r"of 3 names must be 3 by 3, not \(2, 2\)"):
        correlation_heatmap(np.eye(2), names(3))


def features(rows: int, columns: int, *, seed: int = 0) -> pl.DataFrame:
    values = np.random.default_rng(seed).standard_normal((rows, columns))
    return pl.DataFrame(values, schema=names(columns), orient="row")


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 500), (400, 1), (30, 36), (2000, 300)])
def test_features_of_any_shape(rows: int, columns: int) -> None:
    table = features(rows, columns)
    image = pixels(feature_heatmap(table, table.columns))
    if rows > 1:
        other = features(rows, columns, seed=1)
        assert (image != pixels(feature_heatmap(other, other.columns))).any()


def test_only_the_named_columns_are_drawn() -> None:
    table = features(20, 5).with_columns(window_start=pl.lit("2024"))
    shown = feature_heatmap(table, table.columns[:5])
    assert shown == feature_heatmap(table.drop("window_start"), table.columns[:5])


@pytest.mark.parametrize("table", [pl.DataFrame(), pl.DataFrame(schema={"a": pl.Float64})])
def test_no_features_or_no_windows_is_said(table: pl.DataFrame) -> None:
    assert (pixels(feature_heatmap(table, table.columns)).min(axis=2) < 128).sum() > 100


def test_features_without_any_value_are_grey() -> None:
    table = pl.DataFrame({name: pl.Series([None] * 9, dtype=pl.Float64) for name in names(9)})
    assert share_of(pixels(feature_heatmap(table, table.columns)), FAINT) > 0.2


def test_names_of_any_kind_are_drawn() -> None:
    odd = ["🌱" * 40, "x" * 300, "$$", 'a__b__c_"d"', "'; drop"]
    pixels(feature_heatmap(pl.DataFrame(np.eye(5), schema=odd), odd))
    pixels(correlation_heatmap(np.eye(5), odd))


def test_standard_scores_leave_unknown_values_out() -> None:
    values = np.array([[1.0, 2.0, 3.0, np.nan], [5.0, 5.0, 5.0, np.inf], [np.nan] * 4, [1e9, 1e9 + 1e-7, 1e9, 1e9]])
    scores = standard_scores(values)
    spread = np.std([1.0, 2.0, 3.0])
    np.testing.assert_allclose(scores[0], [-1 / spread, 0, 1 / spread, np.nan])
    np.testing.assert_array_equal(scores[1], [0, 0, 0, np.nan])
    assert np.isnan(scores[2]).all()
    np.testing.assert_array_equal(np.abs(scores[3]), [0, 0, 0, 0])


def test_a_sample_says_of_how_many_columns() -> None:
    matrix = np.zeros((50, 50))
    every, again, sample = (pixels(correlation_heatmap(matrix, names(50), of=of)) for of in (None, 50, 900))
    assert (every == again).all()
    assert (every != sample).any()
