"""Speed and memory of a CSV import: python benchmarks/import_csv.py 100 makes an export of 100 MB and imports it.

The export is like a real one: `;`, decimal comma, CR LF, local time without zone, some empty cells. The import runs in
a process of its own, held to one thread, so that its peak memory and its speed per core are its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

SENSORS = 40
ROWS_AT_ONCE = 50_000
EMPTY_SHARE = 0.02


def write_export(path: Path, size: int, *, quoted: bool) -> None:
    """Write rows of one minute until the file has `size` bytes."""
    import numpy as np  # noqa: PLC0415 # the importing process does not need it
    import polars as pl  # noqa: PLC0415

    random = np.random.default_rng(7)
    at = datetime(2015, 1, 1)  # noqa: DTZ001 # an export's local time
    with path.open("wb") as handle:
        handle.write((";".join(["time", *(f"sensor {n}" for n in range(SENSORS))]) + "\r\n").encode())
        while handle.tell() < size:
            times = pl.datetime_range(at, at + timedelta(minutes=ROWS_AT_ONCE - 1), "1m", eager=True)
            at += timedelta(minutes=ROWS_AT_ONCE)
            columns = {"time": times.dt.strftime("%d-%m-%Y %H:%M:%S")}
            for sensor in range(SENSORS):
                values = pl.Series(np.round(random.normal(20, 5, ROWS_AT_ONCE), 2))
                text = values.cast(pl.String).str.replace(".", ",", literal=True)
                text = text.set(pl.Series(random.random(ROWS_AT_ONCE) < EMPTY_SHARE), "")
                columns[str(sensor)] = '"' + text + '"' if quoted else text
            rows = pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator=";") + "\r\n").to_series()
            handle.write("".join(rows).encode())


def import_export(path: Path, store_folder: Path, zone: str) -> dict[str, float]:
    from feature_platform.sources.description import SourceDescription  # noqa: PLC0415 # after the threads are set
    from feature_platform.sources.importing import import_source  # noqa: PLC0415
    from feature_platform.storage.readings import ReadingsStore  # noqa: PLC0415
    from feature_platform.storage.root import StorageRoot  # noqa: PLC0415

    description = SourceDescription.model_validate(
        {
            "source": "benchmark",
            "folder": path.parent,
            "files": [path.name],
            "csv": {"delimiter": ";", "decimal": ","},
            "time": {"format": "%d-%m-%Y %H:%M:%S", "zone": zone},
            "sensors": [{"id": f"s{n}", "column": n + 1} for n in range(SENSORS)],
        }
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu_began = time.perf_counter(), time.process_time()
    report = import_source(description, ReadingsStore(StorageRoot(str(store_folder))))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    size = path.stat().st_size / 1e6
    return {
        "megabytes": round(size, 1),
        "readings": report.readings,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "megabytes_per_second": round(size / seconds, 1),
        "megabytes_per_cpu_second": round(size / cpu, 1),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "peak_megabytes_before": round(before / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", type=int, help="size of the export")
    parser.add_argument("--zone", default="Europe/Copenhagen", help="time zone of the export's clock")
    parser.add_argument("--quoted", action="store_true", help="put every number in quotes")
    parser.add_argument("--threads", type=int, default=1, help="threads that Polars may use")
    parser.add_argument("--import-only", nargs=2, metavar=("EXPORT", "STORE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.import_only:
        export, store = (Path(name) for name in chosen.import_only)
        print(json.dumps(import_export(export, store, chosen.zone)))
        return
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.csv"
        write_export(export, chosen.megabytes * 1_000_000, quoted=chosen.quoted)
        arguments = [sys.executable, __file__, str(chosen.megabytes), "--zone", chosen.zone]
        arguments += ["--import-only", str(export), str(Path(folder) / "store")]
        environment = {**os.environ, "POLARS_MAX_THREADS": str(chosen.threads), "OMP_NUM_THREADS": str(chosen.threads)}
        subprocess.run(arguments, check=True, env=environment)


if __name__ == "__main__":
    main()
