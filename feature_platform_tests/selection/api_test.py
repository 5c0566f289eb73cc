from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import polars as pl
import pytest

from feature_platform.errors import SelectionError
from feature_platform.features.cost import cost_class
from feature_platform.selection import api
from feature_platform.selection.api import SelectionReport, select_features
from feature_platform.selection.settings import SelectionSettings

RANDOM = np.random.default_rng(5)
SETTINGS = SelectionSettings()
CALCULATORS = ["mean", "median", "maximum", "skewness", "sample_entropy", "ar_coefficient__coeff_1__k_10", "new_one"]


def reader(table: pl.DataFrame) -> Callable[[], pl.DataFrame]:
    return lambda: table


def readers(tables: Mapping[str, pl.DataFrame]) -> dict[str, Callable[[], pl.DataFrame]]:
    return {era_id: reader(table) for era_id, table in tables.items()}


def select(tables: Mapping[str, pl.DataFrame], settings: SelectionSettings = SETTINGS) -> SelectionReport:
    return select_features(readers(tables), settings=settings)


def messy_eras() -> dict[str, pl.DataFrame]:
    """Three eras of 40 windows: related columns, gaps by sensor and by feature, constants, wild scales."""
    random = np.random.default_rng(8)
    base = random.normal(size=(120, 5))
    columns = {}
    for sensor in ("air", "co2", "par"):
        for number, calculator in enumerate(CALCULATORS):
            noise = random.choice([0.01, 0.1, 0.4, 3.0])
            scale = 10.0 ** random.integers(-8, 9)
            columns[f"{sensor}__{calculator}"] = (base[:, number % 5] + noise * random.normal(size=120)) * scale
    columns["par__length"] = np.full(120, 288.0)
    columns["par__minimum"] = 1e6 + 1e-3 * random.normal(size=120)
    table = pd.DataFrame(columns)
    table.loc[10:25, [name for name in columns if name.startswith("co2")]] = np.nan
    table.loc[30:80, "air__skewness"] = np.nan
    table.loc[5, "air__mean"] = np.inf
    table.loc[85:110] = np.nan
    table.loc[random.random(120) < 0.1, "par__median"] = np.nan
    whole = pl.from_pandas(table).fill_nan(None)
    return {f"e{number}": whole[number * 40 : number * 40 + 40] for number in range(3)}


def plainly(tables: Mapping[str, pl.DataFrame], settings: SelectionSettings) -> dict[str, tuple[str, str | None]]:
    """The same selection by pandas on one table in memory: reason and kept column of each dropped column."""
    table = pd.concat([tables[era_id].to_pandas() for era_id in sorted(tables)], ignore_index=True)
    table = table.replace([np.inf, -np.inf], np.nan).dropna(how="all")
    dropped: dict[str, tuple[str, str | None]] = {}
    for name in table:
        column = table[name]
        if column.isna().mean() > settings.maximum_missing:
            dropped[name] = ("missing", None)
        elif column.var(ddof=0) / (column**2).mean() <= settings.minimum_variance:
            dropped[name] = ("variance", None)
    left = table.drop(columns=list(dropped))
    matrix = left.corr(min_periods=3).abs()
    kept: list[str] = []
    for name in sorted(left, key=lambda name: (cost_class(name), left[name].isna().sum(), name.count("__"), name)):
        same = [leader for leader in kept if matrix.loc[name, leader] > settings.maximum_correlation]
        if same:
            dropped[name] = ("correlation", same[0])
        else:
            kept.append(name)
    return dropped


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS,
        SelectionSettings(maximum_missing=0.05, maximum_correlation=0.8, minimum_variance=1e-20),
        SelectionSettings(maximum_missing=1, maximum_correlation=1, minimum_variance=0),
    ],
)
def test_it_selects_what_pandas_selects_on_one_table(settings: SelectionSettings) -> None:
    tables = messy_eras()
    report = select(tables, settings)
    expected = plainly(tables, settings)
    found = {row["column"]: (row["reason"], row["kept_column"]) for row in report.dropped.iter_rows(named=True)}
    assert found == expected
    columns = tables["e0"].columns
    assert report.kept == tuple(name for name in columns if name not in expected)
    assert report.dropped["column"].to_list() == [name for name in columns if name in expected]
    assert (report.eras, report.rows) == (("e0", "e1", "e2"), 94)
    assert sum(report.reasons.values()) == len(expected)


def test_the_cases_above_meet_every_filter() -> None:
    reasons = select(messy_eras()).reasons
    assert reasons["missing"] == 1
    assert reasons["variance"] == 2
    assert reasons["correlation"] >= 2
    assert reasons["relevance"] == 0


def test_the_order_of_the_eras_and_their_number_of_rows_change_nothing() -> None:
    tables = messy_eras()
    report = select(tables)
    backwards = select(dict(reversed(tables.items())))
    assert backwards.kept == report.kept
    assert backwards.dropped.equals(report.dropped)
    assert backwards.correlation is not None
    assert report.correlation is not None
    np.testing.assert_array_equal(backwards.correlation, report.correlation)
    whole = pl.concat(tables.values())
    assert select({"e0": whole[:3], "e1": whole[3:]}).kept == report.kept


def test_the_report_explains_itself() -> None:
    x = RANDOM.normal(size=40)
    gappy = np.where(np.arange(40) < 10, np.nan, x)
    table = pl.DataFrame(
        {"s__mean": x, "s__ar_coefficient": -x, "s__maximum": gappy, "s__length": np.full(40, 288.0), "s__median": x**2}
    ).fill_nan(None)
    report = select({"e": table})
    assert report.kept == ("s__mean", "s__median")
    assert report.clusters == {"s__mean": ("s__ar_coefficient",)}
    assert report.dropped.rows() == [
        ("s__ar_coefficient", "correlation", "r = -1.0000", "s__mean"),
        ("s__maximum", "missing", "25.0% of 40 rows missing, at most 20.0%", None),
        ("s__length", "variance", "constant at 288", None),
    ]
    assert report.correlation is not None
    np.testing.assert_allclose(report.correlation, np.corrcoef([x, x**2]), atol=1e-12)
    assert report.notes == ()


def test_keys_and_coverages_are_no_features() -> None:
    table = pl.DataFrame(
        {"window_start": [1, 2, 3], "window_end": [2, 3, 4], "s__coverage": [1.0, 0.5, 1.0], "s__mean": [1, 2, 5]}
    )
    assert select({"e": table}).kept == ("s__mean",)


def test_an_era_that_lacks_columns_counts_as_missing_there_and_is_named() -> None:
    full = pl.DataFrame({"s__mean": RANDOM.normal(size=30), "s__median": RANDOM.normal(size=30)})
    report = select({"a": full, "b": full.drop("s__median")[:10]})
    assert report.dropped.row(0)[:3] == ("s__median", "missing", "25.0% of 40 rows missing, at most 20.0%")
    assert report.notes == ("era b lacks 1 of 2 columns; they count as missing there",)


def test_windows_without_any_value_make_no_column_worse() -> None:
    x = RANDOM.normal(size=10)
    table = pl.DataFrame({"a__mean": [*x, *[None] * 90], "b__mean": [None, *x[:9] ** 2, *[None] * 90]})
    report = select({"e": table})
    assert report.kept == ("a__mean", "b__mean")
    assert report.rows == 10
    assert report.notes == ("90 windows were left out: every column has gaps there",)


@pytest.mark.parametrize("rows", [1, 2])
def test_of_fewer_than_three_windows_all_known_columns_are_kept_and_it_says_so(rows: int) -> None:
    table = pl.DataFrame({"s__length": [288.0] * rows, "s__mean": [2.0] * rows, "s__skewness": [None] * rows})
    report = select({"e": table.cast(pl.Float64)})
    assert report.kept == ("s__length", "s__mean")
    assert report.correlation is None
    assert report.notes == (f"variance and correlation were not looked at: {rows} windows are too few, 3 are needed",)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            pl.DataFrame({"s__mean": [3.0, None, 3.0, None], "s__median": [None, 1.0, None, 2.0]}),
            r"no column is left of 2 over 1 eras with 4 windows \(dropped: 2 by missing\); windows with gaps",
        ),
        (
            pl.DataFrame({"s__mean": [3.0] * 4, "s__median": [1.0, None, None, None]}),
            r"dropped: 1 by missing, 1 by variance\); lower selection.minimum_variance",
        ),
        (pl.DataFrame({"s__mean": []}, schema={"s__mean": pl.Float64()}), "none of 0 windows of 1 eras has a feature"),
        (pl.DataFrame({"s__coverage": [1.0]}), "none of 1 windows of 1 eras has a feature"),
        (
            pl.DataFrame({"s__mean": [None, None], "s__median": [None, float("inf")]}, strict=False).cast(pl.Float64),
            "none of 2 windows of 1 eras has a feature: all have gaps in every column; raise preprocessing",
        ),
        (pl.DataFrame({"s__mean": ["high"]}), "era e: feature column 's__mean' is String, not a number"),
    ],
)
def test_nothing_left_is_an_error_with_the_cure(table: pl.DataFrame, text: str) -> None:
    with pytest.raises(SelectionError, match=text):
        select({"e": table})


def test_no_era_is_an_error() -> None:
    with pytest.raises(SelectionError, match="no era to select from"):
        select({})


def test_of_many_kept_columns_an_even_sample_is_correlated(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.DataFrame({f"s__c{number}": RANDOM.normal(size=60) for number in range(9)})
    whole = select({"e": table})
    assert whole.correlation is not None
    assert whole.correlated == whole.kept == tuple(table.columns)
    monkeypatch.setattr(api, "LARGEST_MATRIX", 3)
    report = select({"e": table})
    assert report.correlation is not None
    assert report.correlated == ("s__c0", "s__c4", "s__c8")
    np.testing.assert_allclose(report.correlation, whole.correlation[::4, ::4], atol=1e-14)
    without = select_features(readers({"e": table}), settings=SETTINGS, matrix=False)
    assert (without.kept, without.correlation, without.correlated) == (report.kept, None, ())
