import polars as pl
import pytest

from feature_platform.plots.coverage import coverage_plot
from feature_platform.plots.palette import BLUE, VERMILLION
from feature_platform.plots.selection import dropped_by_reason_bar
from feature_platform_tests.plots.pictures import pixels, share_of


def coverage(*shares: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"sensor_id": [f"s{number}" for number in range(len(shares))], "coverage": shares},
        schema_overrides={"coverage": pl.Float64()},
    )


def test_bars_are_as_long_as_the_coverage() -> None:
    full, half = (share_of(pixels(coverage_plot(coverage(share, share))), BLUE) for share in (1.0, 0.5))
    assert half == pytest.approx(full / 2, rel=0.05)


def test_sensors_under_the_limit_have_another_colour() -> None:
    image = pixels(coverage_plot(coverage(0.9, 0.6, None, float("nan")), limit=0.7))
    assert share_of(image, VERMILLION) > 0.01
    assert share_of(image, BLUE) > 0.01
    assert share_of(pixels(coverage_plot(coverage(0.9, 0.6))), VERMILLION) == 0


def test_a_thousand_sensors_show_the_forty_least_covered() -> None:
    many = coverage(*[number / 1000 for number in range(1000)])
    assert pixels(coverage_plot(many)).shape == pixels(coverage_plot(many.head(40))).shape


@pytest.mark.parametrize("table", [coverage(), coverage(0.0), coverage(None)])
def test_coverage_of_next_to_nothing(table: pl.DataFrame) -> None:
    assert share_of(pixels(coverage_plot(table)), BLUE) == 0


def test_names_of_any_kind_are_drawn() -> None:
    names = ["x" * 300, "🌡️ temp", "a$b$c", "''\"`;", "\\frac{1}"]
    pixels(coverage_plot(pl.DataFrame({"sensor_id": names, "coverage": [0.5] * 5})))
    pixels(dropped_by_reason_bar(dict.fromkeys(names, 3)))


def test_dropped_columns_are_drawn_to_scale() -> None:
    even, uneven = (pixels(dropped_by_reason_bar({"missing": 100, "constant": n})) for n in (100, 50))
    assert share_of(uneven, VERMILLION) == pytest.approx(0.75 * share_of(even, VERMILLION), rel=0.05)


@pytest.mark.parametrize("counts", [{}, {"missing": 0}])
def test_nothing_dropped_is_drawn_without_a_bar(counts: dict[str, int]) -> None:
    assert share_of(pixels(dropped_by_reason_bar(counts)), VERMILLION) == 0
