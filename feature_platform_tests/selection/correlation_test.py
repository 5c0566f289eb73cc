from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from feature_platform.selection import clusters, era_tables, exact_correlation
from feature_platform.selection.clusters import find_followers, order_of_preference
from feature_platform.selection.engines import Correlator
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import Profile, profile_columns
from feature_platform_tests.selection.gpu_stand_in import have_gpu

RANDOM = np.random.default_rng(3)


def eras_of(values: np.ndarray, cuts: list[int], names: list[str] | None = None) -> EraTables:
    names = names or [f"s__c{number}" for number in range(values.shape[1])]
    tables = [pl.DataFrame(part, schema=names).fill_nan(None) for part in np.split(values, cuts)]

    def reader(table: pl.DataFrame) -> Callable[[], pl.DataFrame]:
        return lambda: table

    return EraTables({f"e{number}": reader(table) for number, table in enumerate(tables)})


@pytest.fixture(params=["cpu", "resident", "streamed"], autouse=True)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the host; with numpy in cupy's place, on tables that stay on the device; and on some that do not fit there."""
    if request.param != "cpu":
        have_gpu(monkeypatch, free=2**40 if request.param == "resident" else 0)


def correlate(tables: EraTables, left: Profile, right: Profile) -> np.ndarray:
    return Correlator(tables, "auto").correlate(left, right)


def streamed(values: np.ndarray, cuts: list[int]) -> np.ndarray:
    tables = eras_of(values, cuts)
    profile = profile_columns(tables)
    return correlate(tables, profile, profile)


def pairwise(values: np.ndarray) -> np.ndarray:
    """numpy.corrcoef of each pair over the rows that both columns have."""
    width = values.shape[1]
    expected = np.full((width, width), np.nan)
    for i in range(width):
        for j in range(width):
            both = values[~np.isnan(values[:, [i, j]]).any(axis=1)][:, [i, j]]
            if len(both) > 2 and (np.ptp(both, axis=0) > 0).all():
                expected[i, j] = np.corrcoef(both / np.abs(both).max(axis=0), rowvar=False)[0, 1]
    return expected


def mixed(rows: int = 60) -> np.ndarray:
    base = RANDOM.normal(size=(rows, 3))
    return np.column_stack([base, base @ RANDOM.normal(size=(3, 4)) + 0.1 * RANDOM.normal(size=(rows, 4))])


def test_streamed_over_eras_it_is_numpys() -> None:
    values = mixed()
    expected = np.corrcoef(values, rowvar=False)
    np.testing.assert_allclose(streamed(values, [7, 8, 40]), expected, rtol=0, atol=1e-12)


def test_scale_and_offset_do_not_matter() -> None:
    values = mixed() * [1e-12, 1e12, 1, 1e-150, 1e200, 1, 1] + [0, 0, 1e6, 0, 0, -1e5, 0]
    # Columns of 1e-150 and 1e200 overflow in numpy itself, which gets them scaled.
    expected = np.corrcoef(values / np.abs(values).max(axis=0), rowvar=False)
    np.testing.assert_allclose(streamed(values, [1, 30]), expected, rtol=0, atol=1e-9)


def test_an_outlier_in_another_era_costs_no_digits() -> None:
    values = mixed()
    values[50, 0] = 1e9
    values[3, 1] = -1e7
    expected = np.corrcoef(values, rowvar=False)
    np.testing.assert_allclose(streamed(values, [20, 45]), expected, rtol=0, atol=1e-9)


def test_where_values_are_missing_each_pair_uses_the_rows_it_shares() -> None:
    values = mixed()
    values[RANDOM.random(values.shape) < 0.2] = np.nan
    values[:20, 4:6] = np.nan
    np.testing.assert_allclose(streamed(values, [10, 33]), pairwise(values), rtol=0, atol=1e-9)


def test_a_pair_that_shares_only_rows_of_tiny_spread_is_still_exact() -> None:
    values = mixed()
    values[:, 1] = values[:, 0] * 0.9 + 0.1 * values[:, 1]
    values[:10, 0] *= 1e9
    values[:10, 1] = np.nan
    values[:10, 3] *= -1e11
    expected = pairwise(values)
    assert abs(expected[0, 1]) > 0.9
    np.testing.assert_allclose(streamed(values, [5, 30]), expected, rtol=0, atol=1e-9)


def test_exact_pairs_are_the_same_a_few_columns_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    values = mixed()
    values[:10, :4] *= 1e9
    values[:10, 4:] = np.nan
    whole = streamed(values, [5, 30])
    monkeypatch.setattr(exact_correlation, "EXACT_BYTES", 1)
    np.testing.assert_allclose(streamed(values, [5, 30]), whole, rtol=0, atol=1e-14)
    np.testing.assert_allclose(whole, pairwise(values), rtol=0, atol=1e-9)


def test_it_is_undefined_for_constants_and_for_fewer_than_three_shared_rows() -> None:
    values = mixed(8)
    values[:, 1] = 0.1
    values[2:, 2] = np.nan
    values[:, 3] = [np.nan] * 3 + [0.3] * 5
    values[0:3, 4] = np.nan
    found = streamed(values, [3])
    assert np.isnan(found[[1, 2, 3]]).all()
    assert np.isnan(found[:, [1, 2, 3]]).all()
    values[:3, 3] = [1, 2, 3]
    # Now column 3 varies, but not over the rows that it shares with column 4.
    again = streamed(values, [3])
    assert np.isnan(again[3, 4])
    assert np.isfinite(again[3, 0])


def test_tables_that_are_too_large_to_keep_are_read_again_for_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    values = mixed()
    kept = streamed(values, [10, 33])
    monkeypatch.setattr(era_tables, "KEPT_BYTES", 1000)
    reads = []
    names = [f"s__c{number}" for number in range(values.shape[1])]

    def reader(part: np.ndarray) -> Callable[[], pl.DataFrame]:
        def read() -> pl.DataFrame:
            reads.append(len(part))
            return pl.DataFrame(part, schema=names)

        return read

    tables = EraTables({f"e{n}": reader(part) for n, part in enumerate(np.split(values, [10, 33]))})
    profile = profile_columns(tables)
    np.testing.assert_allclose(correlate(tables, profile, profile), kept, rtol=0, atol=1e-14)
    # Once for the columns, twice for the profile, once for the correlation.
    assert len(reads) == 4 * 3


def test_followers_are_the_same_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    base = RANDOM.normal(size=(80, 6))
    values = np.column_stack([base[:, number % 6] + 0.2 * RANDOM.normal(size=80) for number in range(30)])
    tables = eras_of(values, [30])
    profile = profile_columns(tables)
    whole = find_followers(Correlator(tables, "auto"), profile, maximum=0.9)
    monkeypatch.setattr(clusters, "BLOCK", 4)
    monkeypatch.setattr(clusters, "KEPT_BLOCK", 3)
    blocked = find_followers(Correlator(tables, "auto"), profile, maximum=0.9)
    assert [(f.column, f.kept_column) for f in blocked] == [(f.column, f.kept_column) for f in whole]
    matrix = np.abs(np.corrcoef(values, rowvar=False))
    place = {name: number for number, name in enumerate(profile.columns)}
    dropped = {follower.column for follower in whole}
    kept = [number for name, number in place.items() if name not in dropped]
    assert 6 <= len(kept) < 30
    assert (matrix[np.ix_(kept, kept)] - np.eye(len(kept)) <= 0.9).all()
    for follower in whole:
        assert matrix[place[follower.column], place[follower.kept_column]] > 0.9
        assert follower.kept_column not in dropped


def test_of_a_cluster_the_cheapest_stays_then_the_best_covered_then_the_simplest_then_the_first_by_name() -> None:
    x = RANDOM.normal(size=40)
    gappy = x.copy()
    gappy[5] = np.nan
    names = ["s__augmented_dickey_fuller", "s__abs_energy", "s__c3__lag_1", "s__maximum", "s__minimum", "s__unheard_of"]
    values = np.column_stack([x, gappy, x, -x, 2 * x, x])
    tables = eras_of(values, [11], names)
    followers = find_followers(Correlator(tables, "auto"), profile_columns(tables), maximum=0.95)
    assert {(f.column, f.kept_column) for f in followers} == {
        (name, "s__maximum") for name in names if name != "s__maximum"
    }
    by_name = {f.column: f.correlation for f in followers}
    assert by_name["s__minimum"] == pytest.approx(-1)


@pytest.mark.parametrize("block", [1, 4, 64])
def test_a_column_that_says_what_several_kept_ones_say_is_dropped_for_the_first(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    values = RANDOM.normal(size=(80, 8)) @ RANDOM.normal(size=(8, 40))
    tables = eras_of(values, [30])
    profile = profile_columns(tables)
    matrix = np.abs(np.corrcoef(values, rowvar=False))
    kept: list[int] = []
    expected = {}
    ambiguous = 0
    for place in order_of_preference(profile):
        leaders = [leader for leader in kept if matrix[place, leader] > 0.6]
        ambiguous += len(leaders) > 1
        if leaders:
            expected[profile.columns[place]] = profile.columns[leaders[0]]
        else:
            kept.append(place)
    assert ambiguous > 3
    monkeypatch.setattr(clusters, "BLOCK", block)
    monkeypatch.setattr(clusters, "KEPT_BLOCK", block)
    followers = find_followers(Correlator(tables, "auto"), profile, maximum=0.6)
    assert {follower.column: follower.kept_column for follower in followers} == expected
