"""A day's eras on node pools that grow with the queue and shrink when idle: wait and cost, on a simulated clock.

    python benchmarks/pool_growth.py
    python benchmarks/pool_growth.py --fill 0.3 --idle-minutes 30 --preemptions-per-hour 0.2

Prints one JSON object. The eras are those of queue_day.py, the longest first, with its limits of runs at once. For
each class they run on a growing pool of spot nodes, on a growing pool of on-demand nodes, and on a fixed pool of
on-demand nodes that is there all day. A node is paid from when it is asked for; it takes runs once it has started, for
which a GPU node needs a time drawn evenly between two bounds; idle for long enough it goes. A spot node is taken away
after a time drawn from an exponential distribution: its runs begin anew, `NOTICED` seconds later. Pools have as many
nodes as the limits need. Prices are per node and hour, in any currency; the defaults are assumptions.
"""

import argparse
import heapq
import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from queue_day import DAY_SECONDS, SLOTS, Arrival, arrivals

RUNS_PER_NODE = {"cpu": 3, "gpu": 1}
"""As in terraform/gke/pools.tf."""
NOTICED = 30.0
"""Seconds until run monitoring sees that a worker is gone."""


@dataclass(frozen=True)
class Pool:
    """A class's nodes; times in seconds. A fixed pool has all of them from the beginning, and for the day."""

    runs_at_once: int
    runs_per_node: int
    start: tuple[float, float] = (0.0, 0.0)
    idle: float = 600.0
    preemptions_per_hour: float = 0.0
    fixed: bool = False

    @property
    def most(self) -> int:
        """Nodes that the limit needs."""
        return ceil(self.runs_at_once / self.runs_per_node)


@dataclass(eq=False)
class Node:
    """Since when it is paid, and the attempts that run on it."""

    asked: float
    ready: bool = False
    gone: bool = False
    attempts: dict[int, Arrival] = field(default_factory=dict)
    idle_since: float = 0.0


@dataclass
class Outcome:
    """Seconds until each era first began, attempts that were lost, and for how long nodes were paid."""

    waits: list[float] = field(default_factory=list)
    node_seconds: float = 0.0
    most_nodes: int = 0
    lost: int = 0
    last_end: float = 0.0


class Day:
    """One class's eras on one pool."""

    def __init__(self, eras: Sequence[Arrival], pool: Pool, rng: random.Random) -> None:
        self._pool, self._rng = pool, rng
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, Arrival]] = []
        self._begun: set[Arrival] = set()
        self._nodes: list[Node] = []
        self.outcome = Outcome()
        for era in eras:
            self._at(era.second, lambda _, era=era: self._wait(era))
        if pool.fixed:
            self._nodes = [Node(asked=0.0, ready=True) for _ in range(pool.most)]
            self.outcome.most_nodes = pool.most

    def run(self) -> Outcome:
        """Until the last era has ended and the last node has gone."""
        while self._events:
            now = self._events[0][0]
            while self._events and self._events[0][0] == now:
                heapq.heappop(self._events)[2](now)
            self._place(now)
            self._grow(now)
        for node in self._nodes:
            self.outcome.node_seconds += max(DAY_SECONDS, self.outcome.last_end) - node.asked
        return self.outcome

    def _at(self, second: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (second, next(self._order), what))

    def _wait(self, era: Arrival) -> None:
        heapq.heappush(self._waiting, (-era.readings, next(self._order), era))

    def _running(self) -> int:
        return sum(len(node.attempts) for node in self._nodes)

    def _place(self, now: float) -> None:
        """Runs onto free slots, of the fullest node first, so that others become idle."""
        while self._waiting and self._running() < self._pool.runs_at_once:
            free = [node for node in self._nodes if node.ready and len(node.attempts) < self._pool.runs_per_node]
            if not free:
                return
            node = max(free, key=lambda one: len(one.attempts))
            era = heapq.heappop(self._waiting)[2]
            attempt = next(self._order)
            node.attempts[attempt] = era
            if era not in self._begun:
                self._begun.add(era)
                self.outcome.waits.append(now - era.second)
            self._at(now + era.seconds, lambda then, node=node, attempt=attempt: self._end(then, node, attempt))

    def _end(self, now: float, node: Node, attempt: int) -> None:
        if node.attempts.pop(attempt, None) is None:
            return  # its node was taken away before
        self.outcome.last_end = now
        self._look_idle(now, node)

    def _look_idle(self, now: float, node: Node) -> None:
        if node.attempts or self._pool.fixed:
            return
        node.idle_since = now
        self._at(now + self._pool.idle, lambda then: self._shrink(then, node))

    def _shrink(self, now: float, node: Node) -> None:
        if not node.gone and not node.attempts and now - node.idle_since >= self._pool.idle:
            self._remove(now, node)

    def _remove(self, now: float, node: Node) -> None:
        node.gone = True
        self._nodes.remove(node)
        self.outcome.node_seconds += now - node.asked

    def _grow(self, now: float) -> None:
        """As many nodes as the runs need that the queue lets go and that have no place."""
        pending = min(len(self._waiting), self._pool.runs_at_once - self._running())
        coming = sum(self._pool.runs_per_node for node in self._nodes if not node.ready)
        while pending > coming and len(self._nodes) < self._pool.most:
            node = Node(asked=now)
            self._nodes.append(node)
            self._at(now + self._rng.uniform(*self._pool.start), lambda then, node=node: self._start(then, node))
            coming += self._pool.runs_per_node
        self.outcome.most_nodes = max(self.outcome.most_nodes, len(self._nodes))

    def _start(self, now: float, node: Node) -> None:
        node.ready = True
        self._look_idle(now, node)
        if self._pool.preemptions_per_hour:
            lasts = self._rng.expovariate(self._pool.preemptions_per_hour / 3600)
            self._at(now + lasts, lambda then: self._take_away(then, node))

    def _take_away(self, now: float, node: Node) -> None:
        if node.gone:
            return
        for era in node.attempts.values():
            self.outcome.lost += 1
            self._at(now + NOTICED, lambda _, era=era: self._wait(era))
        node.attempts.clear()
        self._remove(now, node)


def described(outcome: Outcome, price: float) -> dict[str, float]:
    waits = np.array(outcome.waits) / 60
    return {
        "wait_minutes_median": round(float(np.median(waits)), 1),
        "wait_minutes_95_percent": round(float(np.percentile(waits, 95)), 1),
        "last_end_hours": round(outcome.last_end / 3600, 2),
        "lost_runs": outcome.lost,
        "most_nodes": outcome.most_nodes,
        "node_hours": round(outcome.node_seconds / 3600, 1),
        "cost": round(outcome.node_seconds / 3600 * price, 2),
    }


def simulate(arguments: argparse.Namespace) -> dict[str, object]:
    """The day on each of the three pools, by class."""
    day = arrivals(arguments.eras, arguments.seed, arguments.fill)
    starts = {"cpu": [arguments.cpu_start_minutes] * 2, "gpu": arguments.gpu_start_minutes}
    result: dict[str, object] = {"eras": len(day)}
    for name, at_once in SLOTS.items():
        start = (starts[name][0] * 60, starts[name][1] * 60)
        growing = Pool(at_once, RUNS_PER_NODE[name], start, arguments.idle_minutes * 60)
        spot = Pool(at_once, RUNS_PER_NODE[name], start, arguments.idle_minutes * 60, arguments.preemptions_per_hour)
        fixed = Pool(at_once, RUNS_PER_NODE[name], fixed=True)
        own = [one for one in day if one.compute == name]
        spot_price, price = getattr(arguments, f"{name}_spot_price"), getattr(arguments, f"{name}_price")
        result[name] = {"eras": len(own)} | {
            label: described(Day(own, pool, random.Random(arguments.seed)).run(), paid)
            for label, pool, paid in (
                ("growing_spot", spot, spot_price),
                ("growing_on_demand", growing, price),
                ("fixed_on_demand", fixed, price),
            )
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eras", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fill", type=float, default=0.9, help="share of the slots' time that the work takes")
    parser.add_argument("--cpu-start-minutes", type=float, default=2.0)
    parser.add_argument("--gpu-start-minutes", type=float, nargs=2, default=[5.0, 15.0], metavar=("LEAST", "MOST"))
    parser.add_argument("--idle-minutes", type=float, default=10.0)
    parser.add_argument("--preemptions-per-hour", type=float, default=0.05, help="of one spot node")
    parser.add_argument("--cpu-price", type=float, default=0.70)
    parser.add_argument("--cpu-spot-price", type=float, default=0.25)
    parser.add_argument("--gpu-price", type=float, default=3.67)
    parser.add_argument("--gpu-spot-price", type=float, default=1.80)
    print(json.dumps(simulate(parser.parse_args())))


if __name__ == "__main__":
    main()
