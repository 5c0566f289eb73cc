"""A code location with one asset; of the eras that the file `hang` names the first attempt never ends by itself."""

import os
import sys
import time
from pathlib import Path

import dagster as dg

from feature_platform.orchestration.overlooked_retries import overlooked_retries_sensor

eras = dg.DynamicPartitionsDefinition(name="eras")


@dg.asset(partitions_def=eras)
def probe(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    hanging = (Path(os.environ["DAGSTER_HOME"]) / "hang").read_text(encoding="utf-8").split()
    if context.partition_key in hanging and context.run.parent_run_id is None:
        time.sleep(240)
    time.sleep(1)
    return dg.MaterializeResult(
        metadata={
            "threads": os.environ["NUMBA_NUM_THREADS"],
            "storage": os.environ["STORAGE"],
            "knows kubernetes": "kubernetes" in sys.modules,
        }
    )


defs = dg.Definitions(assets=[probe], executor=dg.in_process_executor, sensors=[overlooked_retries_sensor])
