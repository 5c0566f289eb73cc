"""A day's eras on 4 GPU and 8 CPU slots, by Dagster's own dequeuing with our tags, on a simulated clock.

    python benchmarks/queue_day.py
    python benchmarks/queue_day.py --eras 1000 --seed 7

Prints one JSON object. Every era's run is really submitted through the coordinator of docker/dagster.gpu.yaml and
really chosen by Dagster's queue daemon; only its computing is simulated: a start and a time per reading, by class. Half
of the eras are there at midnight, the others come during the day. `ideal` is a bound that no order can beat: for each
class the work from each moment on, shared over all slots, or the longest era. `round_robin` deals the same eras to
fixed workers as they come, as hand-made queues do: large ones in turn to the GPUs, each other one to the CPU worker
with the fewest readings. The speed of a slot is set so that the day's work fills `--fill` of each class's slots.

The time that it takes grows with the square of the eras, because Dagster's daemon reads its whole queue each time that
it looks: about a minute for 300 of them. Events go into one database, as in production; by default Dagster would make
a SQLite database for each run, which took longer than all else.
"""

import argparse
import heapq
import json
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.storage.tags import PARTITION_NAME_TAG
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import Era, EraCount
from feature_platform.routing.policy import DEFAULT_CLASS, DEFAULT_THRESHOLD, LARGE_CLASS
from feature_platform.routing.tags import COMPUTE

REPOSITORY = Path(__file__).parent.parent
ERAS = 300
SLOTS = {"cpu": 8, "gpu": 4}
START_SECONDS = {"cpu": 4.0, "gpu": 8.0}
DAY_SECONDS = 86_400.0
STARTED = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Arrival:
    """An era, its class by size, how many seconds it takes there, and the second of the day when it is asked for."""

    era: Era
    readings: int
    compute: str
    seconds: float
    second: float


def arrivals(count: int, seed: int, fill: float) -> list[Arrival]:
    """Eras of heavy-tailed sizes: a median of 150,000 readings, one in twelve over a million."""
    rng = np.random.default_rng(seed)
    readings = np.clip(rng.lognormal(np.log(150_000), 1.4, count), 2_000, 60_000_000).astype(int)
    late = np.sort(rng.uniform(0, DAY_SECONDS, count - count // 2))
    seconds = np.concatenate([np.zeros(count // 2), late])
    eras = [Era("day", "calendar", STARTED + timedelta(days=n), STARTED + timedelta(days=n + 1)) for n in range(count)]
    classes = np.where(readings >= DEFAULT_THRESHOLD, LARGE_CLASS, DEFAULT_CLASS)
    taken = np.empty(count)
    for name, slots in SLOTS.items():
        own = classes == name
        per_reading = (fill * slots * DAY_SECONDS - START_SECONDS[name] * own.sum()) / readings[own].sum()
        taken[own] = START_SECONDS[name] + readings[own] * per_reading
    columns = (eras, readings.tolist(), classes.tolist(), taken.tolist(), seconds.tolist())
    return [Arrival(*one) for one in zip(*columns, strict=True)]


@dg.op
def compute() -> None:
    """Nothing: computing is simulated."""


@dg.job
def era_day() -> None:
    """What is submitted for each era."""
    compute()


class Queue:
    """Dagster's queue on a simulated clock."""

    def __init__(self, home: Path, day: Sequence[Arrival]) -> None:
        settings = yaml.safe_load((REPOSITORY / "docker" / "dagster.gpu.yaml").read_text(encoding="utf-8"))
        catalogue_url = f"sqlite:///{home / 'catalogue.db'}"
        coordinator = settings["run_coordinator"]
        coordinator["config"] |= {"catalogue_url": catalogue_url, "limits": SLOTS}
        events = {
            "module": "dagster._core.storage.event_log",
            "class": "ConsolidatedSqliteEventLogStorage",
            "config": {"base_dir": str(home / "events")},
        }
        (home / "dagster.yaml").write_text(
            yaml.safe_dump({"run_coordinator": coordinator, "event_log_storage": events}), encoding="utf-8"
        )
        catalogue = Catalogue(catalogue_url)
        catalogue.record_cut("day", "calendar", [one.era for one in day], settings={})
        catalogue.record_counts([EraCount(one.era.era_id, one.readings, "d1") for one in day])
        self.instance = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home)))
        self._daemon = QueuedRunCoordinatorDaemon(interval_seconds=1, page_size=1000)
        location = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="day")
        self._origin = RemoteRepositoryOrigin(location, "__repository__").get_job_origin("era_day")

    def submit(self, arrival: Arrival) -> str:
        """Put an era's run into the queue; its id."""
        run = self.instance.create_run_for_job(
            era_day, tags={PARTITION_NAME_TAG: arrival.era.era_id}, remote_job_origin=self._origin
        )
        self.instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))  # type: ignore[arg-type]  # not used
        return run.run_id

    def dequeue(self, now: float) -> list[dg.DagsterRun]:
        """Mark as started, and return, what the daemon would launch now."""
        chosen = self._daemon._get_runs_to_dequeue(  # noqa: SLF001 - the logic that is measured
            self.instance, self.instance.get_concurrency_config(), fixed_iteration_time=now or 1e-9
        )
        for run in chosen:
            self.instance.handle_run_event(run.run_id, _event(run, dg.DagsterEventType.PIPELINE_STARTING))
        return chosen

    def finish(self, run: dg.DagsterRun) -> None:
        """Give a run's slot back."""
        self.instance.handle_run_event(run.run_id, _event(run, dg.DagsterEventType.PIPELINE_SUCCESS))


def _event(run: dg.DagsterRun, kind: dg.DagsterEventType) -> dg.DagsterEvent:
    return dg.DagsterEvent(kind.value, run.job_name)


def by_queue(day: Sequence[Arrival], home: Path) -> dict[str, list[tuple[float, float]]]:
    """(start, end) of every era by class."""
    queue = Queue(home, day)
    waiting, by_run = list(day), {}
    ending: list[tuple[float, str, dg.DagsterRun]] = []
    spans: dict[str, list[tuple[float, float]]] = {name: [] for name in SLOTS}
    while waiting or ending:
        now = min([one.second for one in waiting[:1]] + [end for end, *_ in ending[:1]])
        while waiting and waiting[0].second <= now:
            arrival = waiting.pop(0)
            by_run[queue.submit(arrival)] = arrival
        while ending and ending[0][0] <= now:
            queue.finish(heapq.heappop(ending)[2])
        if full(ending):
            continue  # the daemon would look and find no slot
        for run in queue.dequeue(now):
            arrival = by_run[run.run_id]
            if run.tags[COMPUTE] != arrival.compute:
                raise AssertionError(f"{run.tags[COMPUTE]} for {arrival.readings} readings")
            heapq.heappush(ending, (now + arrival.seconds, run.run_id, run))
            spans[arrival.compute].append((now, now + arrival.seconds))
            running = sum(other.tags[COMPUTE] == arrival.compute for _, _, other in ending)
            if running > SLOTS[arrival.compute]:
                raise AssertionError(f"{running} runs of {arrival.compute} at once")
    return spans


def full(ending: Sequence[tuple[float, str, dg.DagsterRun]]) -> bool:
    """Whether every slot is in use."""
    return len(ending) == sum(SLOTS.values())


def by_round_robin(day: Sequence[Arrival]) -> dict[str, list[tuple[float, float]]]:
    """The same eras dealt to fixed workers when they come, each working its own list in order."""
    free = {name: [0.0] * slots for name, slots in SLOTS.items()}
    load = [0] * SLOTS["cpu"]
    turn = 0
    spans: dict[str, list[tuple[float, float]]] = {name: [] for name in SLOTS}
    for arrival in sorted(day, key=lambda one: (one.second, -one.readings)):
        if arrival.compute == "gpu":
            worker, turn = turn % SLOTS["gpu"], turn + 1
        else:
            worker = load.index(min(load))
            load[worker] += arrival.readings
        begin = max(free[arrival.compute][worker], arrival.second)
        free[arrival.compute][worker] = begin + arrival.seconds
        spans[arrival.compute].append((begin, begin + arrival.seconds))
    return spans


def ideal(own: Sequence[Arrival], slots: int) -> float:
    """A second before which no order can have ended all of these eras."""
    shared = (one.second + sum(other.seconds for other in own if other.second >= one.second) / slots for one in own)
    return max([*shared, *(one.second + one.seconds for one in own)])


def described(
    spans: Sequence[tuple[float, float]], arrived: Sequence[float], bound: float, slots: int
) -> dict[str, float]:
    """End of the last era, its ratio to the bound, mean wait, and the share of the slots' time in use until then."""
    last = max(end for _, end in spans)
    used = sum(end - begin for begin, end in spans)
    waits = sum(begin for begin, _ in spans) - sum(arrived)
    return {
        "makespan_hours": round(last / 3600, 3),
        "over_ideal": round(last / bound, 4),
        "mean_wait_minutes": round(waits / len(spans) / 60, 2),
        "utilisation": round(used / (slots * last), 3),
    }


def simulate(*, eras: int, seed: int, fill: float) -> dict[str, object]:
    """The day by Dagster's queue and dealt round robin, by class."""
    day = arrivals(eras, seed, fill)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        spans = by_queue(day, Path(home))
    seconds = time.perf_counter() - began
    dealt = by_round_robin(day)
    result: dict[str, object] = {"eras": len(day), "seconds_of_queueing_per_era": round(seconds / len(day), 4)}
    for name, slots in SLOTS.items():
        own = [one for one in day if one.compute == name]
        bound, arrived = ideal(own, slots), [one.second for one in own]
        result[name] = {
            "eras": len(own),
            "queue": described(spans[name], arrived, bound, slots),
            "round_robin": described(dealt[name], arrived, bound, slots),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eras", type=int, default=ERAS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fill", type=float, default=0.9, help="share of the slots' time that the work takes")
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    print(json.dumps(simulate(eras=arguments.eras, seed=arguments.seed, fill=arguments.fill)))


if __name__ == "__main__":
    main()
