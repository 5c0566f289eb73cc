"""One era's readings to its frame on the GPU against Polars on all cores, from Parquet. Prints one JSON object.

python benchmarks/gpu_preprocessing.py --million-readings 100 --sensors 24 [--rolling]
"""

import json
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
from gpu_engines import compared, largest_difference, parser, timed
from preprocessing import START, STEP, describe, write_readings

from feature_platform.preprocessing.api import FrameResult, preprocess
from feature_platform.preprocessing.settings import PreprocessingSettings


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--million-readings", type=float, default=100)
    arguments.add_argument("--sensors", type=int, default=24)
    arguments.add_argument("--rolling", action="store_true", help="with the four rolling statistics over 6 h")
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    readings = int(given.million_readings * 1e6)
    end = START + STEP * int(readings // given.sensors * 1.02)
    windows = (timedelta(hours=6),) if given.rolling else ()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readings.parquet"
        write_readings(file, readings, given.sensors, shuffled=False)

        def run(*, gpu: bool) -> FrameResult:
            settings = PreprocessingSettings(rolling_windows=windows, engine="gpu" if gpu and not given.dry else "cpu")
            return preprocess(pl.scan_parquet(file), describe(given.sensors), start=START, end=end, settings=settings)

        cpu = timed(lambda: run(gpu=False), given.repeats)
        gpu = timed(lambda: run(gpu=True), given.repeats)
    frames = [result[0].frame.drop("time").fill_null(float("nan")).to_numpy() for result in (cpu, gpu)]
    print(
        json.dumps(
            {
                "readings": readings,
                "sensors": given.sensors,
                "rolling": given.rolling,
                "threads": pl.thread_pool_size(),
                "engine": gpu[0].engine,
                "engine_reason": gpu[0].engine_reason,
                **compared(cpu, gpu),
                "largest_difference": largest_difference(*frames),
            }
        )
    )


if __name__ == "__main__":
    main()
