import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from feature_platform.plots.frame import frame_plot, most_varied
from feature_platform.plots.palette import BLUE, FAINT, ORANGE, VERMILLION
from feature_platform.sources.description import SensorDescription, SensorKind
from feature_platform_tests.plots.pictures import pixels, share_of

START = datetime(2024, 3, 1, tzinfo=UTC)


def sensor(sensor_id: str, kind: SensorKind = "continuous", unit: str = "") -> SensorDescription:
    return SensorDescription(id=sensor_id, column=1, kind=kind, unit=unit)


def frame(rows: int, **columns: object) -> pl.DataFrame:
    times = pl.select(time=pl.lit(START) + pl.duration(minutes=5) * pl.int_range(rows)).to_series()
    return pl.DataFrame({"time": times, **columns}, schema_overrides={"time": pl.Datetime("us", "UTC")})


def waves(rows: int, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(rows).cumsum()


def test_the_signal_is_drawn_and_another_signal_looks_different() -> None:
    one, other = (
        pixels(frame_plot(frame(400, a=waves(400, seed=seed)), [sensor("a")], title="era")) for seed in (1, 2)
    )
    assert share_of(one, BLUE) > 0.001
    assert one.shape == other.shape
    assert (one != other).any()


def test_a_gap_is_shaded_over_its_share_of_the_width() -> None:
    values = np.ones(400)
    values[100:200] = np.nan
    whole = pixels(frame_plot(frame(400, a=np.ones(400)), [sensor("a")], title="era"))
    gappy = pixels(frame_plot(frame(400, a=values), [sensor("a")], title="era"))
    shaded = share_of(gappy, FAINT) - share_of(whole, FAINT)
    panel = 0.9 * 100 * 728 / 1.55 / (whole.shape[0] * whole.shape[1])
    assert shaded == pytest.approx(panel / 4, rel=0.35)


def test_only_simulated_data_is_called_so() -> None:
    marked, plain = (
        pixels(frame_plot(frame(50, a=waves(50)), [sensor("a")], title="era", simulated=simulated))
        for simulated in (True, False)
    )
    assert share_of(marked[:40], VERMILLION) > 0.005
    assert share_of(plain, VERMILLION) == 0


def test_a_short_spike_survives_in_a_long_era() -> None:
    values = np.zeros(60_000)
    spiked = values.copy()
    spiked[31_234] = 5.0
    flat, spike = (pixels(frame_plot(frame(60_000, a=v), [sensor("a")], title="era")) for v in (values, spiked))
    columns = np.flatnonzero((np.abs(spike.astype(int) - [0, 0x72, 0xB2]).max(axis=2) <= 60).sum(axis=0) > 20)
    assert len(columns) in (1, 2, 3)
    assert pytest.approx(columns.mean() / spike.shape[1], abs=0.005) == 0.075 + 0.91 * 31_234 / 60_000
    assert (flat != spike).any()


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_rows(rows: int) -> None:
    image = pixels(frame_plot(frame(rows, a=np.full(rows, 3.0)), [sensor("a")], title="era"))
    assert (share_of(image, BLUE) > 0) == (rows > 0)


def test_a_value_between_two_gaps_shows() -> None:
    values = np.full(100, np.nan)
    values[50] = 1.0
    assert share_of(pixels(frame_plot(frame(100, a=values), [sensor("a")], title="era")), BLUE) > 0


def test_sensors_without_any_value_are_shaded_whole() -> None:
    empty = pl.Series("a", [None] * 300, dtype=pl.Float64)
    image = pixels(frame_plot(frame(300, a=empty), [sensor("a")], title="era"))
    assert share_of(image, BLUE) == 0
    assert share_of(image, FAINT) > 0.2


def test_no_sensor_in_the_frame_is_said() -> None:
    image = pixels(frame_plot(frame(10), [sensor("a")], title="era"))
    assert (image.min(axis=2) < 128).sum() > 100


def test_a_thousand_sensors_give_eight_panels() -> None:
    names = [f"s{number}" for number in range(1000)]
    table = frame(50, **{name: waves(50) for name in names})
    image = pixels(frame_plot(table, [sensor(name) for name in names], title="era"))
    assert image.shape[0] == 85 + 8 * 90


def test_each_kind_has_its_own_colour() -> None:
    on = (np.arange(200) // 20 % 2).astype(float)
    image = pixels(frame_plot(frame(200, a=on, b=on), [sensor("a", "binary"), sensor("b")], title="era"))
    assert share_of(image, BLUE) > 0
    assert share_of(image, ORANGE) > 0.01


@pytest.mark.parametrize(
    "title", ["🌱" * 10, "x" * 300, "$a_b", "$x^2$ {", "line\nbreak\ttab", "温室 №1", "\x00\x07", ""]
)
def test_titles_that_fonts_or_mathematics_trip_over(title: str) -> None:
    described = SensorDescription(id="a" * 128, column=1, unit=title[:40])
    pixels(frame_plot(frame(10, **{"a" * 128: waves(10)}), [described], title=title, simulated=True))


@pytest.mark.parametrize("values", [(-1.7e308, 1.7e308), (5e-324, 1e-323), (1e15, 1e15 + 0.125), (-1.7e308,) * 2])
def test_values_at_the_ends_of_what_floats_hold(values: tuple[float, float]) -> None:
    pixels(frame_plot(frame(60, a=np.tile(values, 30)), [sensor("a")], title="era"))


def test_an_eras_plots_are_drawn_without_the_time_that_matplotlib_takes_to_load() -> None:
    program = """if True:
        import sys
        from datetime import UTC, datetime
        import polars as pl
        from feature_platform.plots.features import feature_heatmap
        from feature_platform.plots.frame import frame_plot
        from feature_platform.sources.description import SensorDescription
        table = pl.DataFrame({"time": [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 9)], "a": range(8)})
        frame_plot(table, [SensorDescription(id="a", column=1)], title="era")
        feature_heatmap(table, ["a"])
        print("matplotlib" in sys.modules)
    """
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "False"


def test_threads_draw_at_the_same_time() -> None:
    tables = [frame(400, a=waves(400, seed=seed)) for seed in range(8)]

    def draw(table: pl.DataFrame) -> bytes:
        return frame_plot(table, [sensor("a")], title="era", simulated=True)

    alone = [draw(table) for table in tables]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, tables)) == alone


def test_one_sensor_of_each_kind_comes_before_a_second_and_moving_before_still() -> None:
    table = frame(4, t1=[1.0] * 4, t2=[1.0, 2, 3, 4], on=[0.0, 1, 0, 1], set=[5.0] * 4, t3=[1.0, 2, 3, 5])
    sensors = [
        sensor("t1", unit="°C"),
        sensor("t2", unit="°C"),
        sensor("t3", unit="°C"),
        sensor("on", "binary"),
        sensor("set", "setpoint"),
    ]
    assert [s.id for s in most_varied(table, sensors, 3)] == ["t2", "on", "set"]
    assert [s.id for s in most_varied(table, sensors, 4)] == ["t2", "t3", "on", "set"]
    assert [s.id for s in most_varied(table, sensors, 9)] == ["t1", "t2", "t3", "on", "set"]
