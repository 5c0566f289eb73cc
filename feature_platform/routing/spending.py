"""What runs cost: hours times the price of their class, shared out over their eras by readings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from feature_platform.eras.catalogue import Catalogue
from feature_platform.errors import RoutingError
from feature_platform.routing.era_keys import PARTITIONS_NAME, era_keys
from feature_platform.routing.run_price import SECONDS_PER_HOUR, run_price
from feature_platform.routing.tags import ROUTE

PAGE = 1000
NO_ERA = "(no era)"
NO_SOURCE = "(not in the catalogue)"


@dataclass(frozen=True)
class RunCost:
    """A run that is over. `price` is per hour; None where its class had none when it was submitted, nor has now."""

    run_id: str
    route: str
    job: str
    ended: datetime
    seconds: float
    price: float | None
    eras: tuple[str, ...]

    @property
    def month(self) -> str:
        """UTC, as 2024-05."""
        return f"{self.ended:%Y-%m}"


@dataclass(frozen=True)
class Spending:
    """What a group of runs took; `cost` is of those with a price, `unpriced_hours` are of the others."""

    name: str
    runs: int
    hours: float
    cost: float
    unpriced_hours: float


def ended_runs(
    instance: dg.DagsterInstance, prices: Mapping[str, float], *, since: datetime | None = None
) -> Iterator[RunCost]:
    """Runs that a route launched and that ended since then, the newest first."""
    cursor: str | None = None
    filters = dg.RunsFilter(statuses=FINISHED_STATUSES, updated_after=since)
    while page := instance.get_run_records(filters, limit=PAGE, cursor=cursor):
        for record in page:
            cost = _cost(instance, record, prices)
            if cost is not None and (since is None or cost.ended >= since):
                yield cost
        cursor = page[-1].dagster_run.run_id


def _cost(instance: dg.DagsterInstance, record: dg.RunRecord, prices: Mapping[str, float]) -> RunCost | None:
    run, route = record.dagster_run, record.dagster_run.tags.get(ROUTE)
    if route is None or record.start_time is None or record.end_time is None:
        return None
    try:
        eras = era_keys(run.tags, run.run_config, lambda: instance.get_dynamic_partitions(PARTITIONS_NAME))
    except RoutingError:  # its range is no longer there
        eras = []
    return RunCost(
        run_id=run.run_id,
        route=route,
        job=run.job_name,
        ended=datetime.fromtimestamp(record.end_time, UTC),
        seconds=max(0.0, record.end_time - record.start_time),
        price=run_price(run.tags, prices),
        eras=tuple(eras),
    )


Shares = Callable[[RunCost], Mapping[str, float]]
"""By the names of groups the part of a run that belongs to each; they add up to one."""


def spent(costs: Iterable[RunCost], shares: Shares) -> list[Spending]:
    """Add up by group; a run that belongs to several counts in each."""
    runs: defaultdict[str, int] = defaultdict(int)
    hours: defaultdict[str, float] = defaultdict(float)
    unpriced: defaultdict[str, float] = defaultdict(float)
    money: defaultdict[str, float] = defaultdict(float)
    for cost in costs:
        for name, share in shares(cost).items():
            taken = share * cost.seconds / SECONDS_PER_HOUR
            runs[name] += 1
            hours[name] += taken
            if cost.price is None:
                unpriced[name] += taken
            else:
                money[name] += taken * cost.price
    return [Spending(name, runs[name], hours[name], money[name], unpriced[name]) for name in sorted(runs)]


GROUPS: Mapping[str, Shares] = {
    "month": lambda cost: {cost.month: 1.0},
    "route": lambda cost: {cost.route: 1.0},
    "job": lambda cost: {cost.job: 1.0},
}


def era_shares(catalogue: Catalogue, group: str, costs: Sequence[RunCost]) -> Shares:
    """Groups by era, by source, or by the feature set that the source has now."""
    wanted = {era_id for cost in costs for era_id in cost.eras}
    records = {record.era_id: record for record in catalogue.eras(include_superseded=True) if record.era_id in wanted}
    readings = {era_id: record.row_count or 0 for era_id, record in records.items()}
    sources = {record.era.source for record in records.values()}
    sets = {name: catalogue.source(name).features.cost_name for name in sources} if group == "feature-set" else {}

    def name(era_id: str) -> str:
        record = records.get(era_id)
        if group == "era":
            return era_id
        if record is None:
            return NO_SOURCE
        return sets[record.era.source] if group == "feature-set" else record.era.source

    def shares(cost: RunCost) -> Mapping[str, float]:
        if not cost.eras:
            return {NO_ERA: 1.0}
        total = sum(readings.get(era_id, 0) for era_id in cost.eras)
        found: defaultdict[str, float] = defaultdict(float)
        for era_id in cost.eras:
            found[name(era_id)] += readings.get(era_id, 0) / total if total else 1 / len(cost.eras)
        return found

    return shares
