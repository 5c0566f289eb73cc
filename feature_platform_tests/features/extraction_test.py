"""extract_features is tsfresh's: same index, columns, order, dtypes and values, whatever the container."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tsfresh

from feature_platform.features import extract_features

SETTINGS: dict[str, Any] = {
    "mean": None,
    "length": None,
    "maximum": None,
    "skewness": None,
    "variation_coefficient": None,
    "linear_trend_timewise": [{"attr": "slope"}],
}
OTHER: dict[str, Any] = {"minimum": None, "kurtosis": None}


def wide(*, index: str = "range") -> pd.DataFrame:
    random = np.random.default_rng(5)
    lengths = {"b": 30, "a": 41, "c": 3}
    rows = [(name, step) for name, length in lengths.items() for step in range(length)]
    frame = pd.DataFrame(rows, columns=["plant", "step"])
    frame["air"] = random.normal(size=len(frame)).cumsum()
    frame["leaf"] = random.integers(0, 5, len(frame))
    if index == "times":
        frame.index = pd.date_range("2024-03-30", periods=len(frame), freq="17min", tz="Europe/Copenhagen")
    return frame.sample(frac=1, random_state=1)


def long(frame: pd.DataFrame) -> pd.DataFrame:
    melted = frame.melt(id_vars=["plant", "step"], var_name="sensor", value_name="value")
    return melted[~((melted["plant"] == "a") & (melted["sensor"] == "air"))]


def tsfreshs(container: object, **arguments: Any) -> pd.DataFrame:
    found: pd.DataFrame = tsfresh.extract_features(container, n_jobs=0, disable_progressbar=True, **arguments)
    return found


def assert_same(container: object, *, own: object = None, **arguments: Any) -> pd.DataFrame:
    found = extract_features(container if own is None else own, **arguments)
    pd.testing.assert_frame_equal(found, tsfreshs(container, **arguments), rtol=1e-9, atol=1e-12)
    return found


@pytest.mark.parametrize("index", ["range", "times"])
def test_a_wide_frame(index: str) -> None:
    found = assert_same(wide(index=index), default_fc_parameters=SETTINGS, column_id="plant", column_sort="step")
    assert ('air__linear_trend_timewise__attr_"slope"' in found.columns) is (index == "times")
    assert found.index.tolist() == ["a", "b", "c"]


def test_one_value_column_of_a_wide_frame() -> None:
    frame = wide().rename(columns={"step": "order"})
    assert_same(
        frame, default_fc_parameters=OTHER, column_id="plant", column_sort="order", column_value="air"
    )  # fmt: skip


@pytest.mark.parametrize("value", ["value", None])
def test_a_long_frame_whose_ids_lack_kinds(value: str | None) -> None:
    found = assert_same(
        long(wide()),
        default_fc_parameters=SETTINGS,
        column_id="plant",
        column_sort="step",
        column_kind="sensor",
        column_value=value,
    )
    assert np.isnan(found.loc["a", "air__mean"])


def test_a_dict_of_frames() -> None:
    frame = wide()
    frames = {"air": frame[["plant", "step", "air"]].rename(columns={"air": "v"})}
    frames["leaf"] = frame.loc[frame["plant"] != "b", ["plant", "step", "leaf"]].rename(columns={"leaf": "v"})
    assert_same(frames, default_fc_parameters=OTHER, column_id="plant", column_sort="step", column_value="v")


def test_without_a_sort_column_rows_keep_their_order() -> None:
    frame = wide().drop(columns="step")
    assert_same(frame, default_fc_parameters={"mean_change": None, "sum_values": None}, column_id="plant")


def test_settings_by_kind_and_those_read_back_from_columns() -> None:
    frame = wide(index="times")
    kinds = {"air": SETTINGS, "leaf": OTHER}
    found = assert_same(frame, kind_to_fc_parameters=kinds, column_id="plant", column_sort="step")
    again = tsfresh.feature_extraction.settings.from_columns(found.columns[2:5])
    assert_same(frame, kind_to_fc_parameters=again, column_id="plant", column_sort="step")
    assert_same(
        frame,
        kind_to_fc_parameters={"leaf": OTHER},
        default_fc_parameters={"mean": None},
        column_id="plant",
        column_sort="step",
    )


def test_integer_ids_and_an_imputing_function() -> None:

    def fill(features: pd.DataFrame) -> None:
        features.loc[3, "air__kurtosis"] = -100.0

    frame = wide()
    frame["plant"] = frame["plant"].map({"a": 7, "b": -1, "c": 3})
    found = assert_same(frame, default_fc_parameters=OTHER, column_id="plant", column_sort="step", impute_function=fill)
    assert found.index.tolist() == [-1, 3, 7]
    assert found.loc[3, "air__kurtosis"] == -100


@pytest.mark.parametrize("lazy", [False, True])
def test_polars_frames(lazy: bool) -> None:
    frame = wide()
    own = pl.from_pandas(frame)
    assert_same(
        frame, own=own.lazy() if lazy else own, default_fc_parameters=OTHER, column_id="plant", column_sort="step"
    )


def test_without_a_pivot_there_are_tuples() -> None:
    arguments = {"default_fc_parameters": OTHER, "column_id": "plant", "column_sort": "step", "pivot": False}
    own = extract_features(wide(), **arguments)
    expected = tsfresh.extract_features(wide(), n_jobs=0, disable_progressbar=True, **arguments)
    frames = [pd.DataFrame(rows).sort_values([0, 1], ignore_index=True) for rows in (own, expected)]
    pd.testing.assert_frame_equal(*frames, rtol=1e-9)


@pytest.mark.parametrize("threads", [0, 2, 5])
def test_values_are_the_same_for_any_number_of_threads(threads: int) -> None:
    arguments = {"default_fc_parameters": SETTINGS, "column_id": "plant", "column_sort": "step"}
    one = extract_features(wide(), n_jobs=1, **arguments)
    pd.testing.assert_frame_equal(extract_features(wide(), n_jobs=threads, **arguments), one, check_exact=True)


def test_a_bar_counts_the_series(capsys: pytest.CaptureFixture[str]) -> None:
    extract_features(wide(), OTHER, column_id="plant", column_sort="step", disable_progressbar=False)
    said = capsys.readouterr()
    assert "Feature extraction" in said.err
    assert not said.out
