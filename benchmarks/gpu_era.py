"""Whole eras, from Parquet to selected features, with every stage on the GPU or on the CPU. Prints one JSON object.

    python benchmarks/gpu_era.py --million-readings 0.1 1 10 50 --sensors 24

Each size is one source with one era, run by both engines stage by stage as in a worker, each result stored. The
break-even is where the lines through the sizes' seconds (by least squares) cross.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from gpu_engines import described_engines, parser
from preprocessing import describe, write_readings

from feature_platform.features.feature_sets import FEATURE_SETS
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.importing import import_source
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.outcome import StageOutcome
from feature_platform.stages.platform import Platform

STAGES: dict[str, Callable[[Platform, str], StageOutcome]] = {
    "raw_readings": raw_readings.slice_readings,
    "preprocessed_frame": preprocessed_frame.build_frame,
    "tsfresh_features": tsfresh_features.compute_features,
    "selected_features": selected_features.project_features,
}


def description(
    folder: Path, sensors: int, feature_set: str, engines: dict[str, dict[str, object]]
) -> SourceDescription:
    return SourceDescription.model_validate(
        {
            "source": "benchmark",
            "format": "parquet",
            "files": ["readings.parquet"],
            "folder": folder,
            "parquet": {"layout": "long"},
            "time": {"zone": "UTC"},
            "sensors": [sensor.model_dump() | {"key": sensor.id} for sensor in describe(sensors)],
            "eras": {"method": "whole"},
            **engines,
            # The readings have faults on purpose, and a day with one gap has no features.
            "preprocessing": {**engines["preprocessing"], "max_gap": "1d"},
            "features": {**engines["features"], "feature_set": feature_set},
        }
    )


def run_stages(platform: Platform, era_id: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, stage in STAGES.items():
        began = time.perf_counter()
        outcome = stage(platform, era_id)
        found[name] = time.perf_counter() - began
        found[f"{name}_engine"] = str(outcome.metadata.get("engine", outcome.metadata.get("selection_engine", "cpu")))
    found["seconds"] = sum(seconds for seconds in found.values() if isinstance(seconds, float))
    return found


def measure(folder: Path, million_readings: float, sensors: int, feature_set: str, *, dry: bool) -> dict[str, object]:
    readings = int(million_readings * 1e6)
    write_readings(folder / "readings.parquet", readings, sensors, shuffled=False)
    platform = Platform(str(folder / "data"), f"sqlite:///{folder / 'catalogue.db'}")
    size: dict[str, object] = {"readings": readings}
    for side in ("cpu", "gpu"):
        source = description(folder, sensors, feature_set, described_engines(gpu=side == "gpu", dry=dry))
        platform.catalogue.register_source(source)
        import_source(source, platform.readings)
        cut_source(platform, source.source)
        (record,) = platform.catalogue.eras(source=source.source)
        run_stages(platform, record.era_id)  # compiles, starts the device
        size[side] = run_stages(platform, record.era_id)
    return size


def break_even(sizes: list[dict[str, dict[str, float]]]) -> float | None:
    """Readings from which the GPU is faster by the lines through all sizes; None where it never is, 0 if always."""
    readings = np.array([size["readings"] for size in sizes], np.float64)
    lines = [np.polyfit(readings, [size[side]["seconds"] for size in sizes], 1) for side in ("cpu", "gpu")]
    (cpu_slope, cpu_fixed), (gpu_slope, gpu_fixed) = lines
    return None if cpu_slope <= gpu_slope else max(0.0, float((gpu_fixed - cpu_fixed) / (cpu_slope - gpu_slope)))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--million-readings", type=float, nargs="+", default=[0.1, 0.3, 1, 3, 10, 50])
    arguments.add_argument("--sensors", type=int, default=24)
    arguments.add_argument("--set", choices=sorted(FEATURE_SETS), default="efficient")
    given = arguments.parse_args()
    sizes = []
    for million in given.million_readings:
        with tempfile.TemporaryDirectory() as folder:
            sizes.append(measure(Path(folder), million, given.sensors, given.set, dry=given.dry))
    even = break_even(sizes) if len(sizes) > 1 else None
    print(json.dumps({"sensors": given.sensors, "set": given.set, "sizes": sizes, "break_even_readings": even}))


if __name__ == "__main__":
    main()
