"""Bad input: what tsfresh does with it beside what the native engine does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tsfresh
from tsfresh.feature_extraction.extraction import _do_extraction_on_chunk

from feature_platform.errors import FeatureError, SeriesError
from feature_platform.features import extract_batch, extract_features, extract_ragged
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.tolerance import close, natural_scale
from feature_platform_tests.parity.reference import STEP_MINUTES, tsfresh_values

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
LENGTHS = (1, 2, 5, 8, 21, 22, 33)
EXTREMES: dict[str, tuple[float, ...]] = {
    "plus": (np.inf,),
    "minus": (-np.inf,),
    "both": (np.inf, -np.inf),
    "large": (1e17,),
    "huge": (1e200,),
    "overflowing": (1.7e308, -1.7e308),
}
"""Values that a series gets at its first, middle and last place."""


def extreme_series() -> Iterator[tuple[str, FloatArray]]:
    random = np.random.default_rng(4)
    for length in LENGTHS:
        plain = random.normal(size=length).cumsum()
        for name, values in EXTREMES.items():
            for place in sorted({0, length // 2, length - 1}):
                x = plain.copy()
                x[(place + np.arange(len(values))) % length] = values
                yield name, x
            yield name, np.full(length, values[0])


SERIES = list(extreme_series())
NOISE = {("augmented_dickey_fuller", "large"), ("cwt_coefficients", "large"), ("change_quantiles", "huge")}
"""What is left where large values cancel is rounding: singular values, wavelets of a constant, sums of changes."""


@pytest.fixture(scope="module")
def expected() -> list[dict[str, float | str]]:
    return tsfresh_values([x for _, x in SERIES], {name: COMPREHENSIVE[name] for name in CALCULATORS})


def native(x: FloatArray, calculators: dict[str, Any]) -> dict[str, float] | str:
    times = np.datetime64("2024-03-01", "us") + np.arange(len(x)) * np.timedelta64(STEP_MINUTES, "m")
    try:
        values, names = extract_batch(x[None], calculators, times=times)
    except SeriesError as error:
        return str(error)
    return dict(zip(names, values[0].tolist(), strict=True))


@pytest.mark.parametrize("calculator", sorted(CALCULATORS))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_infinite_and_huge_values_raise_or_give_what_they_do_in_tsfresh(
    calculator: str, expected: list[dict[str, float | str]]
) -> None:
    wrong = []
    own = CALCULATORS[calculator]
    for (name, x), theirs in zip(SERIES, expected, strict=True):
        found = native(x, {calculator: COMPREHENSIVE[calculator]})
        raised = theirs.get(calculator, 0.0)
        if isinstance(found, str) or isinstance(raised, str):
            if not (isinstance(found, str) and isinstance(raised, str) and raised in found):
                wrong.append((name, len(x), found, raised))
            continue
        for parameters in COMPREHENSIVE[calculator] or ({},):
            column = own.column(parameters)
            natural = natural_scale(np.clip(x, -1e50, 1e50), own.power(parameters))
            wanted = theirs[column]
            assert isinstance(wanted, float)
            if (calculator, name) not in NOISE and not close(found[column], wanted, natural, exact=own.exact):
                wrong.append((name, len(x), column, found[column], wanted))
    assert wrong == []


def test_an_error_names_the_series_the_calculator_and_the_value() -> None:
    series = [np.arange(30.0), np.arange(25.0), np.where(np.arange(30) == 7, -np.inf, 1.0)]
    text = (
        r"calculator binned_entropy with parameters .*max_bins.*: tsfresh raised ValueError: .* not finite; "
        r"the series is infinite \(-inf\) at 7: mend it, or leave the calculator out"
    )
    with pytest.raises(SeriesError, match=f"^series 2: {text}"):
        extract_ragged(series, COMPREHENSIVE)
    with pytest.raises(SeriesError, match=f"^series 1: {text}"):
        extract_batch(np.stack(series[::2]), COMPREHENSIVE)
    frame = pd.DataFrame({"id": np.repeat(["p", "q"], 30), "air": np.concatenate(series[::2]), "co2": 1.0})
    with pytest.raises(FeatureError, match=f"^id 'q', kind 'air': {text}"):
        extract_features(frame, column_id="id", disable_progressbar=True)


def test_an_infinite_value_raises_only_for_calculators_that_were_asked_for() -> None:
    x = np.where(np.arange(30) == 7, np.inf, 1.0)[None]
    tolerant = {
        name: value for name, value in COMPREHENSIVE.items() if name not in {"binned_entropy", "ar_coefficient"}
    }
    values, names = extract_batch(x, tolerant)
    assert values[0, names.index("maximum")] == np.inf
    with pytest.raises(SeriesError, match=r"calculator ar_coefficient .*MissingDataError.*infinite"):
        extract_batch(x, {"mean": None, "ar_coefficient": COMPREHENSIVE["ar_coefficient"]})


BASE = pd.DataFrame({"id": [1, 1, 1, 2, 2], "t": [0, 1, 2, 0, 1], "v": [1.0, 2.0, 4.0, 3.0, 5.0], "k": list("abbab")})
LONG = {"column_id": "id", "column_sort": "t", "column_kind": "k", "column_value": "v"}
WIDE = {"column_id": "id", "column_sort": "t", "column_value": "v"}
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no id": (BASE, {"column_value": "v"}, "column_id"),
    "id missing": (BASE, WIDE | {"column_id": "x"}, "Column not found: x; there are id, t, v, k"),
    "sort missing": (BASE, WIDE | {"column_sort": "x"}, "Column not found: x"),
    "kind missing": (BASE, LONG | {"column_kind": "x"}, "Column not found: x"),
    "value missing": (BASE, WIDE | {"column_value": "x"}, "Column not found: x"),
    "value unclear": (BASE.assign(w=1), LONG | {"column_value": None}, "Could not guess the value column: v, w"),
    "no value": (BASE[["id", "t"]], {"column_id": "id", "column_sort": "t"}, "Could not guess the value column"),
    "dict without value": ({"a": BASE}, WIDE | {"column_value": None}, "Column not found: None"),
    "NaN value": (BASE.assign(v=[1, 2, 3, np.nan, 5]), WIDE, r"NaN values: v \(the first for id 2\)"),
    "null value": (BASE.assign(v=pd.array([1, None, 3, 4, 5], "Int64")), LONG, r"NaN values: v \(the first for id 1\)"),
    "NaN id": (BASE.assign(id=[1, 1, None, 2, 2]), WIDE, "NaN values: id"),
    "NaN sort": (BASE.assign(t=[1, 1, None, 2, 2]), WIDE, r"NaN values: t \(the first for id 1\)"),
    "NaN kind": (BASE.assign(k=["a", "a", None, "b", "b"]), LONG, "NaN values: k"),
    "NaN in a dict": ({"a": BASE.assign(v=np.nan)}, WIDE, "NaN values: v"),
    "odd kind": (BASE.rename(columns={"v": "v__w"}), WIDE | {"column_value": "v__w"}, "kind 'v__w'"),
    "odd end": ({"v_": BASE}, WIDE, "kind 'v_'"),
    "twice": (pd.concat([BASE, BASE[["v"]]], axis=1), WIDE, "Column 'v' is there more than once"),
    "index named as id": (BASE.rename_axis("id"), WIDE, "'id' is both an index level and a column label"),
    "index named as sort": (BASE.rename_axis("t"), WIDE, "'t' is both an index level and a column label"),
    "no frame": ([1.0, 2.0], WIDE, "list is no DataFrame"),
    "text": (BASE.assign(v="x"), WIDE, "column 'v' is str; features are computed of real numbers alone"),
    "text among numbers": (
        BASE.assign(v=pd.Series([1, 2, 3, 4, "x"], dtype=object)),
        WIDE,
        "column 'v' holds 'x' for id 2; features are computed of real numbers alone",
    ),
    "times": (BASE.assign(v=pd.Timestamp("2024-03-01")), WIDE, r"column 'v' is datetime64\[\w+\]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_tsfresh_refuses_is_refused(case: str) -> None:
    container, arguments, text = REFUSED[case]
    settings = {"mean": None, "maximum": None}
    with pytest.raises((ValueError, TypeError)):
        tsfresh.extract_features(container, settings, n_jobs=0, disable_progressbar=True, **arguments)
    with pytest.raises(ValueError, match=text) as found:
        extract_features(container, settings, **arguments)
    assert isinstance(found.value, FeatureError)


@pytest.mark.parametrize("dtype", ["complex128", "timedelta64[s]"])
def test_values_that_tsfresh_misreads_are_refused(dtype: str) -> None:
    with pytest.raises(FeatureError, match=rf"column 'v' is {re.escape(dtype)}; features are computed of real numbers"):
        extract_features(BASE.assign(v=BASE["v"].astype(dtype)), {"mean": None}, **WIDE)


@pytest.mark.parametrize(
    ("series", "text"),
    [
        ([[1.0, np.nan], [1.0, 2.0]], "series 0: it has NaN at 1"),
        ([[1.0, 2.0], [1.0]], "use extract_ragged"),
        ([1.0, 2.0], r"give real numbers of the shape \(n_series, n_time\)"),
        ([["a", "b"]], "series are <U1"),
        ([[1j]], "series are complex128"),
        ([[None, 1.0]], "series are object"),
    ],
)
def test_arrays_that_are_no_series_are_refused(series: Any, text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        extract_batch(series, {"mean": None})


def test_a_ragged_series_with_nan_is_named() -> None:
    with pytest.raises(SeriesError, match="series 2: it has NaN at 0"):
        extract_ragged([np.ones(3), np.ones(2), np.array([np.nan, 1])], {"mean": None})


@pytest.mark.parametrize(
    ("calculators", "text"),
    [
        ({"meann": None}, "tsfresh has no calculator 'meann'; near ones are mean"),
        ({"quantile": None}, "calculator quantile with parameters {}: q missing; it takes q"),
        ({"quantile": [{"q": 0.1, "r": 2}]}, "r unknown; it takes q"),
        ({"quantile": [{"q": 1.5}]}, "calculator quantile: q is 1.5; it must be a number from 0 to 1"),
        ({"quantile": {"q": 0.5}}, "calculator quantile: its parameters are {'q': 0.5}; give a list of dicts"),
        ({"quantile": [0.5]}, "give a list of dicts"),
        ({"mean": [{"q": 1}]}, "calculator mean with parameters {'q': 1}: q unknown; it takes no parameters"),
        (
            {"agg_autocorrelation": [{"f_agg": [1], "maxlag": 2}]},
            r"calculator agg_autocorrelation: f_agg is \[1\]; it must be the name of a numpy function",
        ),
    ],
)
def test_calculators_and_parameters_that_there_are_not(calculators: dict[str, Any], text: str) -> None:
    series = pd.Series(np.arange(9.0))
    with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
        _do_extraction_on_chunk((0, "", series), calculators, {}, show_warnings=False)
    with pytest.raises(FeatureError, match=text):
        extract_batch(series.to_numpy()[None], calculators)


ODD = [
    *(-1, 0, 1, 2, 15, 29, 30, 31, 1000, 2**40, 2**63, 2**70, -(2**70)),
    *(0.5, 1.5, -0.5, 2.0, np.nan, np.inf, -np.inf),
    *(None, "x", True, np.int64(3), (), [1, 2]),
]
BEYOND_TSFRESH = 2**20
"""tsfresh counts up to some larger numbers, or fails beyond 64 bits: only that nothing breaks is tested there."""


def odd_requests(name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    calculator = CALCULATORS[name]
    first = dict((COMPREHENSIVE[name] or [{}])[0])
    for key in (*calculator.keys, *calculator.optional):
        for value in ODD:
            yield value, first | {key: value}


@pytest.mark.parametrize("name", sorted(name for name, one in CALCULATORS.items() if one.keys or one.optional))
@pytest.mark.filterwarnings("ignore")
def test_odd_parameters_do_what_they_do_in_tsfresh(name: str) -> None:
    random = np.random.default_rng(3)
    series = random.normal(size=30).cumsum(), random.integers(0, 4, 7).astype(float)
    wrong = []
    for value, parameters in odd_requests(name):
        own = [outcome(x, name, parameters) for x in series]
        if isinstance(value, int) and abs(value) > BEYOND_TSFRESH:
            continue
        theirs = [tsfreshs_outcome(x, name, parameters) for x in series]
        # A refusal stands before any series is seen: it is right if tsfresh refuses any.
        if isinstance(own[0], str):
            right = name in own[0] and any(isinstance(found, str) for found in theirs)
        else:
            right = all(agree(*pair) for pair in zip(own, theirs, strict=True))
        if not right:
            wrong.append((parameters, own, theirs))
    assert wrong == []


def outcome(x: FloatArray, name: str, parameters: dict[str, Any]) -> dict[str, float] | str:
    try:
        return native(x, {name: [parameters]})
    except FeatureError as error:
        return str(error)


def tsfreshs_outcome(x: FloatArray, name: str, parameters: dict[str, Any]) -> dict[str, float] | str:
    index = pd.date_range("2024-03-01", periods=len(x), freq=f"{STEP_MINUTES}min")
    try:
        rows = _do_extraction_on_chunk(
            (0, "", pd.Series(x, index=index)), {name: [parameters]}, {}, show_warnings=False
        )
        return {column.removeprefix("__"): float(found) for _, column, found in rows}
    except Exception as error:  # noqa: BLE001 - whatever tsfresh raises here is what there is to compare with
        return str(error)


def agree(found: dict[str, float] | str, theirs: dict[str, float] | str) -> bool:
    if isinstance(found, str) or isinstance(theirs, str):
        return isinstance(found, str) and isinstance(theirs, str)
    return list(found) == list(theirs) and all(
        close(found[column], wanted, 1.0, exact=False) for column, wanted in theirs.items()
    )


def test_the_page_names_every_calculator_that_raises(expected: list[dict[str, float | str]]) -> None:
    raising = {name for table in expected for name, value in table.items() if isinstance(value, str)}
    row = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| infinite values"))
    assert set(re.findall(r"`(\w+)`", row)) == raising
