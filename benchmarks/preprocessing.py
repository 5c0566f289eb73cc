"""How fast one era's readings become a frame, and in how much memory: prints one JSON object.

    python benchmarks/preprocessing.py --million-readings 10 --sensors 24 [--shuffled] [--rolling] [--gpu]

The readings are synthetic: five-minute values with noise, drop-outs, duplicates and out-of-range values, written to
Parquet by another process, so that the peak memory is that of preprocessing alone.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from feature_platform.preprocessing.api import preprocess
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription, SensorKind

START = datetime(2000, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
KINDS: tuple[SensorKind, ...] = ("continuous",) * 5 + ("setpoint", "counter", "binary")
BINARY_LIMIT = 20.0
FAULT_SHARE = 0.001


def describe(sensors: int) -> tuple[SensorDescription, ...]:
    return tuple(
        SensorDescription(id=f"afd{n % 5}.sensor_{n}", kind=KINDS[n % len(KINDS)], range=(-30.0, 60.0))
        for n in range(sensors)
    )


def write_readings(file: Path, readings: int, sensors: int, *, shuffled: bool) -> None:
    rng = np.random.default_rng(0)
    per_sensor = readings // sensors
    parts = []
    for sensor in describe(sensors):
        value = 20 + 5 * np.sin(np.arange(per_sensor) / 46) + rng.normal(0, 1, per_sensor)
        if sensor.kind == "binary":
            value = (value > BINARY_LIMIT).astype(np.float64)
        value[rng.random(per_sensor) < FAULT_SHARE] = 999.0
        value[rng.random(per_sensor) < FAULT_SHARE] = np.nan
        kept = np.sort(rng.choice(int(per_sensor * 1.02), per_sensor, replace=False))
        kept[1::500] = kept[::500][: len(kept[1::500])]
        micros = kept * (STEP // timedelta(microseconds=1)) + int(START.timestamp() * 1e6)
        part = pl.DataFrame({"time": micros, "value": value}).cast({"time": pl.Datetime("us", "UTC")})
        parts.append(part.select(pl.lit(sensor.id).alias("sensor_id"), "time", "value"))
    table = pl.concat(parts)
    if shuffled:
        table = table.sample(fraction=1, shuffle=True, seed=0)
    table.write_parquet(file)


def measure(file: Path, arguments: argparse.Namespace) -> dict[str, object]:
    readings = pl.scan_parquet(file)
    count = int(readings.select(pl.len()).collect().item())
    settings = PreprocessingSettings(
        rolling_windows=(timedelta(hours=6),) if arguments.rolling else (),
        engine="gpu" if arguments.gpu else "cpu",
    )
    end = START + STEP * int(count // arguments.sensors * 1.02)
    before = resource.getrusage(resource.RUSAGE_SELF)
    result = preprocess(readings, describe(arguments.sensors), start=START, end=end, settings=settings)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "readings": count,
        "sensors": arguments.sensors,
        "shuffled": arguments.shuffled,
        "rolling": arguments.rolling,
        "engine": result.engine,
        "threads": pl.thread_pool_size(),
        "cells": result.frame.height * result.frame.width,
        "seconds": round(result.seconds, 3),
        "readings_per_second": round(count / result.seconds),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3),
        "peak_rss_mb": after.ru_maxrss // 1024,
        "rss_before_mb": before.ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million-readings", type=float, default=10)
    parser.add_argument("--sensors", type=int, default=24)
    parser.add_argument("--shuffled", action="store_true", help="readings in no order at all")
    parser.add_argument("--rolling", action="store_true", help="with the four rolling statistics over 6 h")
    parser.add_argument("--gpu", action="store_true", help="force the GPU engine")
    parser.add_argument("--write", type=Path, help="only write the readings to this Parquet file")
    arguments = parser.parse_args()
    readings = int(arguments.million_readings * 1e6)
    if arguments.write is not None:
        write_readings(arguments.write, readings, arguments.sensors, shuffled=arguments.shuffled)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readings.parquet"
        # Another process writes: what that takes must not count.
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--write", str(file)], check=True)
        print(json.dumps(measure(file, arguments)))


if __name__ == "__main__":
    main()
