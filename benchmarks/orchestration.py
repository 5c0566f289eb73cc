"""What orchestration costs at scale; prints one JSON object.

    python benchmarks/orchestration.py --json
    python benchmarks/orchestration.py --eras 100000 --only catalogue packing
    python benchmarks/orchestration.py --only packed queue_day

Each part has a Dagster home of its own, with files in SQLite. `catalogue`: eras recorded and counted for the first
time, and a second time without news. `packing`: all of them dealt to batches at once. `tick`: the sensor over eras of
which none is computed, then over the same eras, all asked for. `packed`: a run over `--packed-eras` eras of a day,
three sensors and minimal features; what it takes beside its stages, by the era. `partitions_page`: what the UI asks
for to show an asset whose eras are all there. `queue_day`: see queue_day.py. All of it takes a few minutes.
"""

import argparse
import json
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import queue_day
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_graphql.cli import execute_query

from feature_platform.definitions import build_definitions
from feature_platform.eras.era import Era, EraCount
from feature_platform.orchestration.batch import batch_config
from feature_platform.orchestration.packing import Packing
from feature_platform.orchestration.sqlite_events import recorded_events
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.routing.tags import ROUTE
from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform

START = datetime(2000, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = "scale"
READINGS = 1_000
PACKED_ERAS = 200
SLOTS = 8
ASKED = 5
PAGE = """
query Page($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      partitionKeysByDimension { name type partitionKeys }
      assetPartitionStatuses {
        ... on DefaultPartitionStatuses {
          materializedPartitions materializingPartitions failedPartitions unmaterializedPartitions
        }
      }
    }
  }
}
"""


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return round(time.perf_counter() - began, 3)


@contextmanager
def platform_of(description: SourceDescription) -> Iterator[tuple[Platform, dg.DagsterInstance]]:
    """An empty platform that knows one source, and an instance on disk."""
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(f"{folder}/data", f"sqlite:///{folder}/catalogue.db")
        platform.catalogue.register_source(description)
        Path(folder, "dagster").mkdir()
        with dg.DagsterInstance.local_temp(f"{folder}/dagster") as instance:
            yield platform, instance


def write_source(folder: Path, *, days: int = 1) -> SourceDescription:
    """Three sensors, a value each 10 minutes, cut by the day."""
    rows = (
        f"{START + step * HOUR / 6:%Y-%m-%d %H:%M};{step % 7};{step % 144};{step % 11}" for step in range(days * 144)
    )
    (folder / f"{SOURCE}.csv").write_text("\n".join(["time;a;b;c", *rows]), encoding="utf-8")
    (folder / f"{SOURCE}.yaml").write_text(
        f"source: {SOURCE}\nfiles: [{SOURCE}.csv]\ncsv: {{delimiter: ';'}}\n"
        "time: {columns: [0], format: '%Y-%m-%d %H:%M', zone: UTC}\n"
        "sensors: [{id: a, column: 1}, {id: b, column: 2}, {id: c, column: 3}]\n"
        "eras: {method: calendar, unit: day}\npreprocessing: {step: 10m}\nfeatures: {feature_set: minimal}\n",
        encoding="utf-8",
    )
    return load_description(folder / f"{SOURCE}.yaml")


def many_eras(count: int) -> list[Era]:
    return [Era(SOURCE, "calendar", START + n * HOUR, START + (n + 1) * HOUR) for n in range(count)]


def record(platform: Platform, eras: list[Era]) -> None:
    platform.catalogue.record_cut(SOURCE, "calendar", eras, settings={})
    platform.catalogue.record_counts([EraCount(era.era_id, READINGS, "d1") for era in eras])


def catalogue(description: SourceDescription, count: int) -> dict[str, Any]:
    eras = many_eras(count)
    with platform_of(description) as (platform, _):
        return {
            "first_sync_seconds": timed(lambda: record(platform, eras)),
            "second_sync_seconds": timed(lambda: record(platform, eras)),
        }


def tick(description: SourceDescription, count: int) -> dict[str, Any]:
    with platform_of(description) as (platform, instance):
        record(platform, many_eras(count))
        definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
        sensor = definitions.resolve_sensor_def("new_eras_sensor")
        found: dict[str, Any] = {"seconds": [], "runs": [], "eras_left_to_later_ticks": []}
        cursor = ""
        for _ in range(2):
            context = dg.build_sensor_context(
                instance=instance, cursor=cursor, definitions=definitions, resources=dict(definitions.resources or {})
            )
            began = time.perf_counter()
            result = sensor(context)
            found["seconds"].append(round(time.perf_counter() - began, 3))
            found["runs"].append(len(result.run_requests))
            cursor = result.cursor
            left = sum(record.era_id > cursor for record in platform.catalogue.eras()) if cursor else 0
            found["eras_left_to_later_ticks"].append(left)
            for request in result.dynamic_partitions_requests:
                instance.add_dynamic_partitions(PARTITIONS_NAME, list(request.partition_keys))
        return found


def packing(count: int) -> dict[str, Any]:
    """Sizes repeat after a thousand eras, from 10 to 999,010 readings."""
    rows: dict[str, int | None] = {era.era_id: 10 + 1000 * (n * 379 % 1000) for n, era in enumerate(many_eras(count))}
    began = time.perf_counter()
    batches = Packing(slots=SLOTS).batches(rows)
    return {"seconds": round(time.perf_counter() - began, 3), "batches": len(batches)}


def packed(folder: Path, count: int) -> dict[str, Any]:
    description = write_source(folder, days=count)
    with platform_of(description) as (platform, instance):
        import_source(description, platform.readings)
        eras = cut_source(platform, SOURCE).partitions
        instance.add_dynamic_partitions(PARTITIONS_NAME, eras)
        definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
        job = definitions.resolve_job_def("era_batch_job")
        run = instance.create_run_for_job(job, run_config=batch_config(eras), tags={ROUTE: "cpu"})
        whole = timed(lambda: execute_run(InMemoryJob(job), run, instance))
        costs = platform.catalogue.stage_costs()
        stages = sum(cost.seconds for cost in costs)
        if len(costs) != 4 * len(eras):
            raise RuntimeError(f"{len(costs)} stages were noted, not four of each of {len(eras)} eras")
        return {
            "eras": len(eras),
            "seconds": whole,
            "stages_ms_an_era": round(1e3 * stages / len(eras), 1),
            "orchestration_ms_an_era": round(1e3 * (whole - stages) / len(eras), 1),
        }


def partitions_page(description: SourceDescription, count: int) -> dict[str, Any]:
    eras = [era.era_id for era in many_eras(count)]
    target = ModuleTarget("feature_platform.definitions", "defs", None, None)
    with platform_of(description) as (_, instance):
        instance.add_dynamic_partitions(PARTITIONS_NAME, eras)
        with recorded_events(instance) as events, events.together():
            for era_id in eras:
                instance.report_runless_asset_event(dg.AssetMaterialization("raw_readings", partition=era_id))
        with WorkspaceProcessContext(instance, target, code_server_log_level="ERROR") as context:
            variables = {"key": {"path": ["raw_readings"]}}
            times = []
            for _ in range(ASKED + 1):
                began = time.perf_counter()
                answer = execute_query(context, PAGE, variables)
                times.append(time.perf_counter() - began)
            done = answer["data"]["assetNodeOrError"]["assetPartitionStatuses"]["materializedPartitions"]
            if len(done) != count:
                raise RuntimeError(f"the page shows {len(done)} of {count} eras")
        return {"first_seconds": round(times[0], 3), "seconds": round(statistics.median(times[1:]), 3)}


def main() -> None:
    parts = ("catalogue", "packing", "tick", "packed", "partitions_page", "queue_day")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eras", type=int, default=10_000)
    parser.add_argument("--packed-eras", type=int, default=PACKED_ERAS)
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--json", action="store_true", help="on one line")
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    result: dict[str, Any] = {"eras": arguments.eras}
    with tempfile.TemporaryDirectory() as folder:
        description = write_source(Path(folder))
        makers: dict[str, Callable[[], object]] = {
            "catalogue": lambda: catalogue(description, arguments.eras),
            "packing": lambda: packing(arguments.eras),
            "tick": lambda: tick(description, arguments.eras),
            "packed": lambda: packed(Path(folder), arguments.packed_eras),
            "partitions_page": lambda: partitions_page(description, arguments.eras),
            "queue_day": lambda: queue_day.simulate(eras=queue_day.ERAS, seed=0, fill=0.9),
        }
        for part in arguments.only:
            result[part] = makers[part]()
    print(json.dumps(result, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
