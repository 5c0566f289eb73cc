"""Features of one era of many readings, computed and stored: how fast, and in how much memory. Prints one JSON object.

    python benchmarks/era_features.py --million-readings 10 --sensors 24 [--step-hours 6] [--set efficient]

The frame, five-minute values of a day's course with noise, is written by another process. Windows of a day become rows
of one Parquet file, audited on the way, as the asset `tsfresh_features` does it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from feature_platform.features.api import EraFeatures, plan_era_features
from feature_platform.features.audit import FeatureAudit
from feature_platform.features.engines import default_threads
from feature_platform.features.settings import FeatureSettings, WindowSettings
from feature_platform.storage.frames import EraDatasets, Provenance
from feature_platform.storage.root import StorageRoot

START = datetime(2000, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
ERA = "benchmark.whole.20000101t0000-000000"


def write_frame(file: Path, readings: int, sensors: int) -> None:
    rng = np.random.default_rng(0)
    rows = readings // sensors
    curve = 20 + 5 * np.sin(np.arange(rows) / 46)
    times = pl.datetime_range(START, START + (rows - 1) * STEP, STEP, time_unit="us", time_zone="UTC", eager=True)
    columns = {f"sensor_{n}": np.round(curve + rng.normal(0, 1, rows), 2) for n in range(sensors)}
    pl.DataFrame({"time": times, **columns}).write_parquet(file)


def audited(features: EraFeatures, audit: FeatureAudit) -> Iterator[pl.DataFrame]:
    for table in features.tables():
        audit.add(table)
        yield table


def measure(file: Path, folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    began = time.perf_counter()
    frame = pl.read_parquet(file)
    windows = WindowSettings(step=timedelta(hours=arguments.step_hours))
    features = plan_era_features(
        frame,
        [name for name in frame.columns if name != "time"],
        start=START,
        end=START + frame.height * STEP,
        step=STEP,
        settings=FeatureSettings(feature_set=arguments.set, windows=windows),
    )
    audit = FeatureAudit(features.names)
    before = resource.getrusage(resource.RUSAGE_SELF)
    stored = EraDatasets(StorageRoot(str(folder))).write_stream(
        "tsfresh_features",
        ERA,
        features.schema,
        audited(features, audit),
        Provenance(
            data_version="",
            data_revision=1,
            input_version="",
            settings_version="",
            code_version="",
            engine=features.engine.name,
        ),
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    if audit.problems():
        raise SystemExit("; ".join(audit.problems()))
    seconds = time.perf_counter() - began
    return {
        "readings": frame.height * (frame.width - 1),
        "windows": features.count,
        "series": features.series,
        "features": len(features.names),
        "threads": default_threads(),
        "seconds": round(seconds, 2),
        "readings_per_second": round(frame.height * (frame.width - 1) / seconds),
        "values_per_second": round(audit.values / seconds),
        "result_mb": round(8 * audit.values / 2**20),
        "file_mb": round(stored.bytes / 2**20),
        "peak_rss_mb": after.ru_maxrss // 1024,
        "rss_before_mb": before.ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million-readings", type=float, default=10)
    parser.add_argument("--sensors", type=int, default=24)
    parser.add_argument("--step-hours", type=float, default=24, help="from one window's start to the next")
    parser.add_argument("--set", default="efficient", choices=("minimal", "efficient", "comprehensive"))
    parser.add_argument("--write", type=Path, help="only write the frame to this Parquet file")
    arguments = parser.parse_args()
    readings = int(arguments.million_readings * 1e6)
    if arguments.write is not None:
        write_frame(arguments.write, readings, arguments.sensors)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frame.parquet"
        # Another process writes: what that takes must not count.
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--write", str(file)], check=True)
        print(json.dumps(measure(file, Path(folder), arguments)))


if __name__ == "__main__":
    main()
