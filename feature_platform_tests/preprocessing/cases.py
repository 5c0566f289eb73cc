"""Small eras of every kind, drawn by hypothesis: settings, sensors and ugly readings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from feature_platform.preprocessing.scaling import ScalingStatistics, SensorScaling
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import READINGS_SCHEMA

START = datetime(2024, 2, 28, 22, tzinfo=UTC)
"""Two hours before the last day of a leap year's February."""

SENSORS = (
    SensorDescription(id="binary", kind="binary", range=(0, 1)),
    SensorDescription(id="air.temp", kind="continuous", range=(-20, 60)),
    SensorDescription(id="setpoint", kind="setpoint"),
    SensorDescription(id="co2", kind="continuous"),
    SensorDescription(id="counter", kind="counter", range=(0, 50)),
    SensorDescription(id="silent", kind="continuous"),
)
SPEAKING = [sensor.id for sensor in SENSORS if sensor.id != "silent"]

Row = tuple[str, datetime, float | None]


@dataclass(frozen=True)
class Case:
    """An era, its readings, and other readings that differ from `cut` on."""

    settings: PreprocessingSettings
    scaling: ScalingStatistics | None
    end: datetime
    rows: list[Row]
    cut: datetime
    rows_after_cut: list[Row]

    @property
    def readings(self) -> pl.DataFrame:
        return table(self.rows)

    @property
    def altered_readings(self) -> pl.DataFrame:
        return table([row for row in self.rows if row[1] < self.cut] + self.rows_after_cut)


def table(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=READINGS_SCHEMA, orient="row")


VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, 20.0, -20.0, 60.0, 100.0, 1e200, float("nan"), float("inf"), float("-inf"), None]),
    st.floats(-30, 70),
)


def fitted(method: str) -> ScalingStatistics:
    return ScalingStatistics(
        method=method,
        sensors={sensor.id: SensorScaling(centre=n - 1.5, spread=n + 0.5, count=9) for n, sensor in enumerate(SENSORS)},
        fitted_until=START,
    )


@st.composite
def settings_and_scaling(draw: st.DrawFn) -> tuple[PreprocessingSettings, ScalingStatistics | None]:
    step = draw(st.sampled_from([timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=7)]))
    scaling = draw(st.sampled_from(["none", "z", "robust"]))
    settings = PreprocessingSettings(
        step=step,
        max_gap=draw(st.sampled_from([step / 2, step, 2 * step, 3 * step + step / 2, 8 * step])),
        rolling_windows=tuple(n * step for n in draw(st.sampled_from([(), (1,), (4,), (2, 9)]))),
        rolling_statistics=draw(st.sampled_from([("mean", "std", "min", "max"), ("std",), ("max", "mean")])),
        scaling=scaling,
        scaling_eras=() if scaling == "none" else ("demo.whole.20230101t0000-abcdef",),
        engine="cpu",
    )
    return settings, None if scaling == "none" else fitted(scaling)


def rows(offsets: st.SearchStrategy[int]) -> st.SearchStrategy[Row]:
    """Readings so many seconds after the era's start."""
    times = offsets.map(lambda seconds: START + timedelta(seconds=seconds))
    return st.tuples(st.sampled_from(SPEAKING), times, VALUES)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    settings, scaling = draw(settings_and_scaling())
    step = settings.step // timedelta(seconds=1)
    length = draw(st.integers(1, 40 * step))
    # Small offsets of a coarse kind too, so that readings fall on the same time and on the edges of cells.
    offsets = st.one_of(
        st.integers(-25 * step, length + 2 * step),
        st.integers(-12, length // step + 1).map(lambda n: n * step),
    )
    # Late rather than early, so that cells are left before it.
    cut = draw(st.one_of(st.integers(-step, length), st.integers(length * 2 // 3, length)))
    later = st.one_of(st.just(cut), st.integers(cut, length + 2 * step))
    return Case(
        settings=settings,
        scaling=scaling,
        end=START + timedelta(seconds=length),
        rows=draw(st.lists(rows(offsets), max_size=60)),
        cut=START + timedelta(seconds=cut),
        rows_after_cut=draw(st.lists(rows(later), max_size=20)),
    )
