"""A code location with one asset, whose worker meets what the run's tag `test/ordeal` says."""

import os
import signal
import threading
import time
from pathlib import Path

import dagster as dg

from feature_platform.orchestration.overlooked_retries import overlooked_retries_sensor

ORDEAL = "test/ordeal"
CPU_MIB, HIGHMEM_MIB = 400, 800
"""Limits of the two routes, in whose workers little more than Dagster is loaded."""
DATASET = "ordeals"

eras = dg.DynamicPartitionsDefinition(name="eras")


@dg.asset(partitions_def=eras)
def ordeal(context: dg.AssetExecutionContext) -> None:
    # What a worker does not need it does not load: its start is most of the test's time.
    attempt = int(context.run.tags.get("dagster/retry_number", "0"))
    match context.run.tags[ORDEAL], attempt:
        case "bug", _:
            raise ValueError("this code is broken")
        case "memory", 0:
            hold(CPU_MIB + 100)
        case "memory", 1:
            hold(CPU_MIB + 100)
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        case "memory", _:
            hold(HIGHMEM_MIB + 100)
        case "preemption", 0:
            compute_until(signal.SIGTERM, context.run_id)
        case "kill", 0:
            compute_until(signal.SIGKILL, context.run_id)
        case "kill", _:
            store(context.partition_key, context.run_id, die=attempt == 1)


def hold(mib: int) -> None:
    held = bytearray(mib << 20)
    time.sleep(1)
    del held


def compute_until(number: int, run_id: str) -> None:
    """A native kernel that takes minutes, with a signal to the process while all its threads are in it."""
    import numpy as np  # noqa: PLC0415

    from feature_platform.features import extract_batch  # noqa: PLC0415

    extract_batch(np.arange(20.0).reshape(1, 20), {"sample_entropy": None})
    threading.Timer(1, send, (number, run_id)).start()
    extract_batch(np.random.default_rng(1).normal(size=(2, 2_000_000)), {"sample_entropy": None}, threads=1)


def store(era_id: str, run_id: str, *, die: bool) -> None:
    """Write a table as every stage does, or die between its data and the manifest that commits it."""
    import polars as pl  # noqa: PLC0415

    from feature_platform.storage.frames import EraDatasets, Provenance  # noqa: PLC0415
    from feature_platform.storage.log import CommitLog  # noqa: PLC0415
    from feature_platform.storage.root import StorageRoot  # noqa: PLC0415

    if die:
        # Nothing from outside could stop a worker exactly there.
        CommitLog.append = lambda *_, **__: send(signal.SIGKILL, run_id)  # type: ignore[method-assign]
    provenance = Provenance("d1", 1, "i1", "s1", "c1", "cpu")
    EraDatasets(StorageRoot(storage())).write(DATASET, era_id, pl.DataFrame({"value": range(1000)}), provenance)


def storage() -> str:
    return str(Path(os.environ["DAGSTER_HOME"]) / "data")


def send(number: int, run_id: str) -> None:
    sent_file(run_id).write_text(str(time.time()))
    os.kill(os.getpid(), number)


def sent_file(run_id: str) -> Path:
    """Holds the time at which the run's worker was sent its signal."""
    return Path(os.environ["DAGSTER_HOME"]) / f"signal-{run_id}"


ordeal_job = dg.define_asset_job("ordeal_job", selection=["ordeal"], executor_def=dg.in_process_executor)

defs = dg.Definitions(assets=[ordeal], jobs=[ordeal_job], sensors=[overlooked_retries_sensor])
