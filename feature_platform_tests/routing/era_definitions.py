"""Definitions for the routing tests: one asset that notes where it ran, then does as the run's tag `test/do` says."""

import json
import os
import signal
import time
from pathlib import Path

import dagster as dg

from feature_platform.routing.memory import memory_errors_end_the_worker

DO = "test/do"
OUTGROWN_MIB = 1024
"""What the worker of `outgrow` takes."""
NOTED = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TSFRESH_N_JOBS", "ROUTE")

eras = dg.DynamicPartitionsDefinition(name="eras")


@dg.asset(partitions_def=eras)
def probe(context: dg.AssetExecutionContext) -> None:
    file = Path(os.environ["DAGSTER_HOME"]) / "probes" / f"{context.run_id}.json"
    note = {"pid": os.getpid(), "begin": time.time(), "environment": {name: os.environ.get(name) for name in NOTED}}
    _write(file, note)
    what = context.run.tags.get(DO, "work")
    first = context.run.parent_run_id is None
    if what == "break":
        raise ValueError("this code is broken")
    if what == "exhaust memory" and first:
        with memory_errors_end_the_worker():
            raise MemoryError
    if what == "outgrow" and first:
        held = bytearray(OUTGROWN_MIB << 20)
        held[:: 1 << 12] = b"\1" * len(range(0, len(held), 1 << 12))
    if what == "resist":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if what in ("hang", "resist") and first:
        time.sleep(120)
    if what == "work":
        time.sleep(1)
    _write(file, note | {"end": time.time()})


@dg.op(config_schema={"eras": [str]})
def process_eras(context: dg.OpExecutionContext) -> None:
    context.log.info("eras: %s", context.op_config["eras"])


@dg.job
def batch_job() -> None:
    process_eras()


@dg.job
def feature_selection_job() -> None:
    process_eras()


def _write(file: Path, note: dict[str, object]) -> None:
    file.parent.mkdir(exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(note))
    unfinished.replace(file)


probe_job = dg.define_asset_job("probe_job", selection=["probe"], executor_def=dg.in_process_executor)

defs = dg.Definitions(assets=[probe], jobs=[probe_job, batch_job, feature_selection_job])
