"""extract_features in tsfresh's place: its signature, its frames for every kind of container, users' own functions."""

import inspect
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tsfresh

from feature_platform.errors import FeatureError
from feature_platform.features import extract_batch, extract_features, extract_ragged

SETTINGS: dict[str, Any] = {
    "mean": None,
    "length": None,
    "mean_change": None,
    "first_location_of_maximum": None,
    "linear_trend_timewise": [{"attr": "slope"}],
}
QUIET = {"n_jobs": 0, "disable_progressbar": True}


def rows(ids: Any, *, length: int = 6) -> pd.DataFrame:
    """A wide frame of two kinds with so many rows for each id, shuffled."""
    random = np.random.default_rng(8)
    count = length * len(ids)
    frame = pd.DataFrame(
        {
            "id": pd.Series(list(ids)).repeat(length).reset_index(drop=True),
            "t": np.tile(np.arange(length), len(ids)),
            "a": random.normal(size=count),
            "b": random.integers(0, 9, count),
        }
    )
    return frame.sample(frac=1, random_state=2)


def assert_same(container: Any, *, own: Any = None, **arguments: Any) -> pd.DataFrame:
    arguments = {"default_fc_parameters": SETTINGS, "column_id": "id", "column_sort": "t"} | arguments | QUIET
    expected = tsfresh.extract_features(container, **arguments)
    found = extract_features(container if own is None else own, **arguments)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-12)
    assert isinstance(found, pd.DataFrame)
    return found


def test_the_signature_is_tsfreshs() -> None:
    own, theirs = (
        inspect.signature(function).parameters.values() for function in (extract_features, tsfresh.extract_features)
    )
    assert [(one.name, one.kind) for one in own] == [(one.name, one.kind) for one in theirs]
    defaults = {one.name: one.default for one in own}
    # Threads cost nothing, so all cores are used where tsfresh starts processes on half of them.
    assert defaults.pop("n_jobs") is None
    assert defaults == {one.name: one.default for one in theirs if one.name != "n_jobs"}


def test_all_arguments_may_come_by_position() -> None:
    arguments = ({"mean": None}, None, "id", "t", None, None, 10, 1, True, True, None, False, "p", "time", None, True)
    frame = rows([1, 2])
    pd.testing.assert_frame_equal(extract_features(frame, *arguments), tsfresh.extract_features(frame, *arguments))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"distributor": object()}, "distributor: series are shared out over n_jobs threads"),
        ({"profile": True}, "profile: "),
        ({"n_jobs": -1}, "n_jobs is -1"),
    ],
)
def test_what_makes_no_sense_here_is_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        extract_features(rows([1]), SETTINGS, column_id="id", **arguments)


IDS: dict[str, Any] = {
    "integers": [3, -1, 7],
    "floats": [0.5, -1.5, 2.0],
    "booleans": [True, False],
    "texts": ["b", "a", "c"],
    "times": pd.to_datetime(["2024-03-02", "2024-03-01"]),
    "zoned times": pd.to_datetime(["2024-03-02", "2024-03-01"]).tz_localize("Europe/Copenhagen"),
    "tuples": [("b", 1), ("a", 2), ("a", 1)],
    "tuples of one": [("b",), ("a",)],
}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_ids_of_any_type(ids: Any) -> None:
    assert_same(rows(ids))
    frame = rows(ids)
    melted = frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value")
    assert_same(melted, column_kind="kind", column_value="value")
    assert_same({"q": frame.rename(columns={"a": "v"}), "p": frame.rename(columns={"b": "v"})}, column_value="v")


@pytest.mark.parametrize(
    "dtype",
    [
        "Int64",
        "string[pyarrow]",
        "str",
        "int64[pyarrow]",
        pd.CategoricalDtype([2, 1, 3]),
        pd.CategoricalDtype([2, 1], ordered=True),
    ],
    ids=str,
)
def test_ids_of_pandas_own_dtypes(dtype: Any) -> None:
    frame = rows([1, 2])
    frame["id"] = frame["id"].astype(str).astype(dtype) if "str" in str(dtype) else frame["id"].astype(dtype)
    assert_same(frame)
    assert_same(frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value"), column_kind="kind")


@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint16", "float32", "bool", "Int64", "Float32", "boolean", "double[pyarrow]", "int32[pyarrow]"],
)
def test_values_of_any_real_dtype_are_computed_as_float64(dtype: str) -> None:
    frame = rows([1, 2])
    frame["b"] = (frame["b"] % 2 if "bool" in dtype else frame["b"]).astype(dtype)
    assert_same(frame.assign(b=frame["b"].astype("float64")), own=frame)


@pytest.mark.parametrize("convert", [float, Decimal, np.int8, bool])
def test_numbers_as_objects_and_categories(convert: Any) -> None:
    frame = rows([1, 2])
    values = pd.Series([convert(value) for value in frame["b"].tolist()], index=frame.index, dtype=object)
    plain = frame.assign(b=values.astype("float64"))
    assert_same(plain, own=frame.assign(b=values))
    assert_same(frame, own=frame.assign(b=frame["b"].astype("category")))


def test_kinds_of_any_type_and_settings_that_name_them() -> None:
    frame = rows([1, 2]).rename(columns={"b": 0})
    only = {"maximum": None}
    assert_same(frame, kind_to_fc_parameters={0: only, "a": {}})
    assert_same(frame, kind_to_fc_parameters={"0": only})
    melted = frame.rename(columns={"a": 5}).melt(id_vars=["id", "t"], var_name="kind", value_name="value")
    assert_same(melted, column_kind="kind", kind_to_fc_parameters={"0": only, 5: {}})
    categories = melted.assign(kind=pd.Categorical(melted["kind"], categories=[5, 0, 3]))
    assert_same(categories, column_kind="kind")
    assert_same({0: frame.rename(columns={"a": "v"})}, column_value="v", kind_to_fc_parameters={"0": only})
    assert_same(melted.assign(kind="a__b"), column_kind="kind", column_value="value")


@pytest.mark.parametrize("count", [4, 40, 400])
@pytest.mark.parametrize("container", ["wide", "long", "dict"])
def test_ties_in_the_sort_column_fall_as_in_tsfresh(count: int, container: str) -> None:
    frame = rows([1, 2, 3], length=count)
    frame["t"] //= 7
    if container == "long":
        melted = frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value")
        assert_same(melted, column_kind="kind", column_value="value")
    else:
        wide = frame if container == "wide" else {"k": frame, "l": frame.iloc[::-1]}
        assert_same(wide, column_value="a")


@pytest.mark.parametrize("order", ["text", "time", "unsorted", None])
def test_sort_columns_of_any_type_or_none(order: str | None) -> None:
    frame = rows([1, 2])
    if order == "text":
        frame["t"] = frame["t"].map(lambda t: "zyxwvu"[t])
    elif order == "time":
        frame["t"] = pd.Timestamp("2024-03-31", tz="Europe/Copenhagen") + pd.to_timedelta(frame["t"], "h")
    assert_same(frame, column_sort="t" if order else None)


def test_times_of_an_index_in_any_order_and_zone() -> None:
    frame = rows([1, 2])
    frame.index = pd.date_range("2024-03-30 22:00", periods=len(frame), freq="47min", tz="Europe/Copenhagen")
    found = assert_same(frame)
    assert found.columns[4] == 'a__linear_trend_timewise__attr_"slope"'
    assert_same(frame.tz_convert("UTC").tz_localize(None).sample(frac=1, random_state=3), column_sort=None)
    assert_same(frame.set_axis(pd.timedelta_range("0h", periods=len(frame), freq="1h")))


def test_empty_frames_settings_without_calculators_and_series_of_one_row() -> None:
    frame = rows([1, 2])
    assert assert_same(frame.iloc[:0]).shape == (0, 0)
    assert assert_same(frame, default_fc_parameters={}).shape == (0, 0)
    assert_same(frame, default_fc_parameters={}, kind_to_fc_parameters={"b": {"mean": None}})
    one = assert_same(rows([1, 2], length=1))
    assert one["a__length"].tolist() == [1, 1]
    melted = frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value")
    by_kind = melted[(melted["id"] == 1) | (melted["kind"] == "b")]
    assert_same(by_kind, column_kind="kind", default_fc_parameters={}, kind_to_fc_parameters={"a": {"mean": None}})


@pytest.mark.parametrize("container", ["wide", "long", "dict"])
def test_tuples_instead_of_a_frame_come_in_tsfreshs_order(container: str) -> None:
    frame = rows(["b", "a"])
    arguments: dict[str, Any] = {"column_id": "id", "column_sort": "t", "pivot": False}
    given: Any = frame
    if container == "long":
        given = frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value")
        arguments |= {"column_kind": "kind"}
    elif container == "dict":
        given, arguments["column_value"] = {"z": frame, "y": frame}, "a"
    settings = {name: SETTINGS[name] for name in ("mean", "length")}
    own = extract_features(given, settings, **arguments, **QUIET)
    assert isinstance(own, list)
    expected = tsfresh.extract_features(given, settings, **arguments, **QUIET)
    assert [entry[:2] for entry in own] == [entry[:2] for entry in expected]
    assert [entry[2] for entry in own] == pytest.approx([entry[2] for entry in expected])


def test_polars_frames_of_any_dtype() -> None:
    frame = rows(["b", "a"])
    frame["when"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(frame["t"], "h")
    frame["flag"] = frame["b"] > 4
    own = pl.from_pandas(frame).with_columns(
        pl.col("id").cast(pl.Enum(["a", "b"])), pl.col("b").cast(pl.Int8), pl.col("a").cast(pl.Float32)
    )
    wide = frame.assign(a=frame["a"].astype("float32").astype("float64"), flag=frame["flag"].astype(float))
    found = extract_features(own, SETTINGS, None, "id", "when", disable_progressbar=True)
    expected = tsfresh.extract_features(wide, SETTINGS, None, "id", "when", **QUIET)
    assert isinstance(found, pd.DataFrame)
    pd.testing.assert_frame_equal(found, expected, check_index_type=False, check_categorical=False, rtol=1e-9)
    kinds = {name: own.select("id", "when", value=name) for name in ("a", "b")}
    extracted = extract_features(kinds, SETTINGS, None, "id", "when", column_value="value", **QUIET)
    assert isinstance(extracted, pd.DataFrame)
    pd.testing.assert_frame_equal(extracted, found[extracted.columns])


def spread(x: np.ndarray) -> float:
    return float(np.max(x) - np.min(x))


def powers(x: np.ndarray, exponent: float, scale: float = 1.0) -> float:
    return float(scale * np.sum(np.abs(x) ** exponent))


def ends(x: pd.Series, param: list[dict[str, str]]) -> list[tuple[str, float]]:
    return [(f"end_{entry['end']}", x.iloc[0 if entry["end"] == "first" else -1]) for entry in param]


def hours(x: pd.Series) -> float:
    return float((x.index[-1] - x.index[0]).total_seconds() / 3600)


ends.fctype, ends.input = "combiner", "pd.Series"  # type: ignore[attr-defined]
hours.fctype, hours.input, hours.index_type = "simple", "pd.Series", pd.DatetimeIndex  # type: ignore[attr-defined]
OWN: dict[Any, Any] = {
    "mean": None,
    spread: None,
    powers: [{"exponent": 2}, {"exponent": 1.5, "scale": 3}],
    "maximum": None,
    ends: [{"end": "first"}, {"end": "last"}],
    hours: None,
}


@pytest.mark.parametrize("times", [False, True])
@pytest.mark.filterwarnings("ignore:.* goes through tsfresh itself")
def test_users_functions_are_computed_as_in_tsfresh(times: bool) -> None:
    frame = rows([1, 2])
    if times:
        frame.index = pd.date_range("2024-03-30", periods=len(frame), freq="47min")
    found = assert_same(frame, default_fc_parameters=OWN)
    assert ("a__hours" in found.columns) is times
    assert_same(frame, default_fc_parameters=None, kind_to_fc_parameters={"b": OWN, "a": {"length": None}})
    melted = frame.melt(id_vars=["id", "t"], var_name="kind", value_name="value")
    assert_same(melted, column_kind="kind", default_fc_parameters=OWN)


def test_a_users_function_is_announced_by_name() -> None:
    arguments: dict[str, Any] = {"column_id": "id", "column_sort": "t", "disable_progressbar": True}
    with pytest.warns(UserWarning, match="spread goes through tsfresh itself, series by series: no kernel of its own"):
        extract_features(rows([1]), kind_to_fc_parameters={"b": {spread: None}}, **arguments)
    with pytest.warns(UserWarning, match="number_cwt_peaks goes through tsfresh itself.*more than 500 widths"):
        extract_features(rows([1]), {"number_cwt_peaks": [{"n": 501}]}, **arguments)
    x = np.arange(12.0).reshape(2, 6)
    with pytest.warns(UserWarning, match="spread goes through tsfresh") as told:
        values, names = extract_batch(x, {spread: None})  # type: ignore[dict-item] - tsfresh allows functions
    assert told[0].filename == __file__
    assert (values.tolist(), names) == ([[5.0], [5.0]], ("spread",))
    with pytest.warns(UserWarning, match="spread goes through tsfresh") as told:
        extract_ragged(list(x), {spread: None})  # type: ignore[dict-item] - as above
    assert told[0].filename == __file__


def broken(x: np.ndarray) -> float:
    return float({}[len(x)])


@pytest.mark.filterwarnings("ignore:.* goes through tsfresh itself")
def test_a_users_function_that_raises_is_named() -> None:
    def picky(x: np.ndarray) -> float:
        if x[0] == 3:
            raise ValueError("three")
        return float(x[0])

    with pytest.raises(FeatureError, match="calculator broken with parameters None: it raised KeyError: 64"):
        extract_features(rows([1]), {broken: None}, column_id="id")
    frame = pd.DataFrame({"id": ["p", "q"], "v": [2.0, 3.0]})
    with pytest.raises(FeatureError, match=r"id 'q', kind 'v': calculator picky .*: it raised ValueError: three"):
        extract_features(frame, {picky: None}, column_id="id", disable_progressbar=True)
