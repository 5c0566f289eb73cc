"""Windows of the real greenhouse exports, through the platform's own import and preprocessing."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.settings import WindowSettings
from feature_platform.features.windows import cut_windows
from feature_platform.preprocessing.api import preprocess
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.importing import import_source
from feature_platform_tests.sources.exports import CELLE5, EXTRA, LAMP_GROUP, describe, store_in, stored

EXPORTS: Mapping[str, tuple[str, dict[str, Any], timedelta]] = {
    "lamps": ("knudjepsen", LAMP_GROUP, timedelta(minutes=5)),
    "extra": ("knudjepsen", EXTRA, timedelta(minutes=5)),
    "celle5": ("aarslev/celle5", CELLE5, timedelta(minutes=10)),
}


def real_windows(folder: Path, scratch: Path, counts: Mapping[int, int]) -> list[tuple[str, FloatArray]]:
    """Complete windows named by their export, `counts[length]` of each length and export, spread over all there are."""
    found: list[tuple[str, FloatArray]] = []
    for name, (place, content, step) in EXPORTS.items():
        for length, every in _windows(folder / place, scratch / name, content, step, list(counts)):
            chosen = np.linspace(0, len(every) - 1, min(counts[length], len(every))).astype(int)
            found += [(name, every[number]) for number in chosen]
    return found


def _windows(
    folder: Path, scratch: Path, content: dict[str, Any], step: timedelta, lengths: list[int]
) -> Iterator[tuple[int, list[FloatArray]]]:
    description = describe(folder, content)
    scratch.mkdir()
    store = store_in(scratch)
    import_source(description, store)
    readings = stored(store, description.source)
    times = readings["time"]
    start, end = times.min(), times.max()
    settings = PreprocessingSettings(step=step)
    frame = preprocess(readings.lazy(), description.sensors, start=start, end=end, settings=settings).frame  # type: ignore[arg-type]
    sensors = tuple(sensor.id for sensor in description.sensors)
    for length in lengths:
        windows = cut_windows(
            frame,
            sensors,
            start=start,  # type: ignore[arg-type]
            end=end,  # type: ignore[arg-type]
            step=step,
            settings=WindowSettings(length=length * step, step=length * step),
        )
        yield (
            length,
            [
                np.array(windows.series[sensor][number])
                for number in range(len(windows.starts))
                for sensor in sensors
                if windows.coverage[sensor][number] == 1
            ],
        )
