from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tsfresh.feature_selection.relevance import calculate_relevance_table

from feature_platform.errors import SelectionError
from feature_platform.selection import relevance
from feature_platform.selection.api import select_features
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import profile_columns
from feature_platform.selection.relevance import find_irrelevant
from feature_platform.selection.settings import SelectionSettings

RANDOM = np.random.default_rng(9)
ROWS = 90
SIGNAL = RANDOM.normal(size=ROWS)
TARGETS = {
    "quantity": SIGNAL,
    "two classes": (SIGNAL > 0).astype(np.int64),
    "three classes": np.digitize(SIGNAL, [-0.5, 0.5]),
    "text": np.where(SIGNAL > 0.2, "ripe", "green"),
}


def eras() -> dict[str, pl.DataFrame]:
    columns = {
        f"s__{number}": SIGNAL * strength + RANDOM.normal(size=ROWS)
        for number, strength in enumerate([2, 1, 0.5, 0.3, 0.1] + [0] * 15)
    }
    columns["s__flag"] = (SIGNAL + 0.5 * RANDOM.normal(size=ROWS) > 0).astype(float)
    columns["s__coin"] = RANDOM.integers(0, 2, ROWS).astype(float)
    starts = pl.datetime_range(
        pl.datetime(2024, 1, 1, time_zone="UTC"), pl.datetime(2024, 3, 30, time_zone="UTC"), "1d", eager=True
    )
    table = pl.DataFrame({"window_start": starts, **columns})
    return {f"e{number}": table[number * 30 : number * 30 + 30] for number in range(3)}


ERAS = eras()


def tables_of(parts: dict[str, pl.DataFrame]) -> EraTables:
    def reader(table: pl.DataFrame) -> Callable[[], pl.DataFrame]:
        return lambda: table

    return EraTables({era_id: reader(table) for era_id, table in parts.items()})


def by_window(values: np.ndarray) -> pl.DataFrame:
    keys = [table.select(pl.lit(era_id).alias("era_id"), "window_start") for era_id, table in ERAS.items()]
    return pl.concat(keys).with_columns(pl.Series("target", values))


def relevant(parts: dict[str, pl.DataFrame], target: pl.DataFrame, level: float = 0.05) -> set[str]:
    tables = tables_of(parts)
    dropped = find_irrelevant(tables, profile_columns(tables), target, fdr_level=level)
    return set(tables.columns) - {drop.column for drop in dropped}


@pytest.mark.parametrize("kind", TARGETS)
def test_it_finds_what_tsfreshs_relevance_table_finds(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relevance, "BLOCK", 7)
    features = pl.concat(ERAS.values()).drop("window_start").to_pandas()
    table = calculate_relevance_table(features, pd.Series(TARGETS[kind]), n_jobs=0, fdr_level=0.05)
    expected = set(table.index[table.relevant])
    assert {"s__0", "s__1", "s__flag"} <= expected < set(features)
    assert relevant(ERAS, by_window(TARGETS[kind])) == expected


def test_p_values_are_tsfreshs() -> None:
    features = pl.concat(ERAS.values()).drop("window_start").to_pandas()
    expected = calculate_relevance_table(features, pd.Series(SIGNAL), n_jobs=0)
    tables = tables_of(ERAS)
    drops = find_irrelevant(tables, profile_columns(tables), by_window(SIGNAL), fdr_level=0.05)
    assert drops
    for drop in drops:
        assert drop.detail.startswith(f"p = {expected.p_value[drop.column]:.3g}, not relevant")


def test_missing_values_are_left_out_of_their_own_columns_test_alone() -> None:
    whole = pl.concat(ERAS.values(), how="vertical")
    gap = pl.int_range(pl.len()) < 40
    gappy = whole.with_columns(pl.when(gap).then(None).otherwise(pl.col("s__0")).alias("s__0"))
    parts = {f"e{number}": gappy[number * 30 : number * 30 + 30] for number in range(3)}
    rest = calculate_relevance_table(
        whole.select("s__0")[40:].to_pandas(), pd.Series(SIGNAL[40:]), ml_task="regression", n_jobs=0
    )
    tables = tables_of(parts)
    profile = profile_columns(tables)
    strict = rest.p_value["s__0"] * 0.999
    drops = {d.column: d.detail for d in find_irrelevant(tables, profile, by_window(SIGNAL), fdr_level=strict)}
    assert drops["s__0"].startswith(f"p = {rest.p_value['s__0']:.3g},")
    assert "s__0" in relevant(parts, by_window(SIGNAL))


def test_a_target_per_era_holds_for_all_its_windows() -> None:
    per_era = pl.DataFrame({"era_id": ["e0", "e1", "e2"], "target": [0, 1, 1]})
    shifted = {era_id: table.with_columns(pl.col("s__coin") + (era_id != "e0") * 10) for era_id, table in ERAS.items()}
    assert "s__coin" in relevant(shifted, per_era)
    assert "s__coin" not in relevant(ERAS, per_era)


def test_windows_without_a_target_take_no_part() -> None:
    target = by_window(SIGNAL).filter(pl.col("era_id") != "e2")
    features = pl.concat([ERAS["e0"], ERAS["e1"]]).drop("window_start").to_pandas()
    table = calculate_relevance_table(features, pd.Series(SIGNAL[:60]), n_jobs=0, fdr_level=0.05)
    assert relevant(ERAS, target) == set(table.index[table.relevant])
    unknown = by_window(SIGNAL).with_columns(
        pl.when(pl.col("era_id") == "e2").then(float("nan")).otherwise("target").alias("target")
    )
    assert relevant(ERAS, unknown) == relevant(ERAS, target)


def test_relevance_comes_last_in_a_selection() -> None:
    readers = tables_of(ERAS).readers
    report = select_features(readers, settings=SelectionSettings(fdr_level=0.01), target=by_window(SIGNAL))
    assert {"s__0", "s__1"} <= set(report.kept)
    assert report.reasons["relevance"] == len(report.dropped)
    with pytest.raises(SelectionError, match=r"dropped: 22 by relevance\); raise selection\.fdr_level"):
        select_features(readers, settings=SelectionSettings(fdr_level=0.0), target=by_window(SIGNAL))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (pl.DataFrame({"era_id": ["e9"], "target": [1.0]}), "the target meets 0 of 90 rows of features"),
        (pl.DataFrame({"era_id": ["e0"], "target": [1.5]}), "the target is 1.5 in all 30 rows"),
        (pl.DataFrame({"era_id": ["e0", "e0"], "target": [1.5, 2.0]}), "gives {'era_id': 'e0'} twice"),
        (pl.DataFrame({"era": ["e0"], "target": [1.5]}), "the target has no column era_id"),
    ],
)
def test_an_unusable_target_is_said(target: pl.DataFrame, text: str) -> None:
    with pytest.raises(SelectionError, match=text):
        relevant(ERAS, target)


def test_a_target_per_window_needs_window_starts() -> None:
    with pytest.raises(SelectionError, match="era e0: its features have no column window_start"):
        relevant({"e0": ERAS["e0"].drop("window_start")}, by_window(SIGNAL))
