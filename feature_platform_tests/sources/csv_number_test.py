import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_platform.sources.decimal_point import exchanged_bytes, exchanged_dialect, original_texts
from feature_platform.sources.description import CsvDialect
from feature_platform.sources.number_text import read_numbers


def read(texts: list[str | None], **dialect: object) -> tuple[list[float | None], dict[str, list[int]], int]:
    described = CsvDialect.model_validate(dialect)
    held = [None if t is None else exchanged_bytes(t.encode(), described).decode() for t in texts]
    numbers = read_numbers(pl.DataFrame({"a": pl.Series(held, dtype=pl.String)}), exchanged_dialect(described))
    causes = {cause: rows.to_list() for _, rows, cause in numbers.rejected}
    return numbers.values["a"].to_list(), causes, numbers.cells


@pytest.mark.parametrize(
    ("text", "value", "dialect"),
    [
        ("20,3", 20.3, {"decimal": ","}),
        ("-20,3", -20.3, {"decimal": ","}),
        ("+5", 5.0, {}),
        ("\u22125.5", -5.5, {}),
        (" 5 ", 5.0, {}),
        (".5", 0.5, {}),
        ("5.", 5.0, {}),
        ("8.94135e-009", 8.94135e-09, {}),
        ("8,94135E-009", 8.94135e-09, {"decimal": ","}),
        ("1.234,5", 1234.5, {"decimal": ",", "thousands": "."}),
        ("1.234", 1234.0, {"decimal": ",", "thousands": "."}),
        ("1,234,567.25", 1234567.25, {"thousands": ","}),
        ("1 234,5", 1234.5, {"decimal": ",", "thousands": " "}),
        ("1\u00a0234,5", 1234.5, {"decimal": ",", "thousands": " "}),
        ("1'234.5", 1234.5, {"thousands": "'"}),
        ("1\u2019234.5", 1234.5, {"thousands": "'"}),
        ("1234,5", 1234.5, {"decimal": ",", "thousands": "."}),
    ],
)
def test_a_number_is_read_as_its_logger_writes_it(text: str, value: float, dialect: dict[str, object]) -> None:
    assert read([text], **dialect) == ([value], {}, 1)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("20,3", {}),
        ("20.3", {"decimal": ","}),
        ("1.23", {"decimal": ",", "thousands": "."}),
        ("12,34", {"thousands": ","}),
        ("1,234,5", {"decimal": ","}),
        ("on", {}),
        ("1_000", {}),
        ("0x10", {}),
        ("12 %", {}),
        ("\u0663", {}),
        ("e5", {}),
        (".", {}),
    ],
)
def test_what_is_no_number_in_the_described_dialect_is_rejected_not_guessed(
    text: str, dialect: dict[str, object]
) -> None:
    assert read(["7", text], **dialect) == ([7.0, None], {"unreadable_number": [1]}, 2)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999", "1.#QNAN", "-1.#IND", "1.#INF00"])
def test_a_value_that_is_not_finite_is_rejected_as_that(text: str) -> None:
    assert read(["7", text]) == ([7.0, None], {"non_finite": [1]}, 2)


def test_missing_tokens_are_empty_even_where_they_are_numbers() -> None:
    missing = ("-999", "n.a.", "-999,5")
    found = read(["1", " -999 ", "n.a.", "-999,5", "", None, "2"], decimal=",", missing=missing)
    assert found == ([1.0, None, None, None, None, None, 2.0], {}, 2)


@given(
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    decimal=st.sampled_from([".", ","]),
    exponent=st.booleans(),
)
def test_every_finite_number_comes_back_exactly(numbers: list[float], decimal: str, exponent: bool) -> None:
    texts = [(f"{number:.17e}" if exponent else repr(number)).replace(".", decimal) for number in numbers]
    values, causes, cells = read(list(texts), decimal=decimal)
    assert values == numbers
    assert (causes, cells) == ({}, len(numbers))


@given(
    numbers=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=30),
    signs=st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", " "), (",", "'")]),
)
def test_numbers_with_thousands_separators_come_back(numbers: list[int], signs: tuple[str, str]) -> None:
    decimal, thousands = signs
    texts = [f"{number:,d}".replace(",", thousands) + f"{decimal}25" for number in numbers]
    values, causes, _ = read(list(texts), decimal=decimal, thousands=thousands)
    assert causes == {}
    assert values == [float(f"{number}.25") for number in numbers]


@given(st.lists(st.text(), max_size=20), st.sampled_from([".", ","]))
def test_texts_come_back_as_they_stood_in_the_file(texts: list[str], decimal: str) -> None:
    dialect = CsvDialect.model_validate({"decimal": decimal})
    held = pl.Series([exchanged_bytes(text.encode(), dialect).decode() for text in texts], dtype=pl.String)
    assert original_texts(held, dialect).to_list() == texts
