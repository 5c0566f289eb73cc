"""The catalogue's measurements: what each stage of an era took, and on which route."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from feature_platform.eras.database import Database
from feature_platform.eras.tables import eras, stage_costs

KEPT = 500
"""Eras kept per route, feature set and stage: enough to fit a line through, and machines and code change."""


@dataclass(frozen=True)
class StageCost:
    """One stage of one era, measured where it ran.

    `feature_set` is a `FeatureSettings.cost_name`, `readings` are the era's, `columns` the result's, `seconds` what
    the stage took from its start to its manifest, `cpu_seconds` what all its threads took together, `memory_mib` the
    most that its worker held until then.
    """

    route: str
    feature_set: str
    stage: str
    era_id: str
    readings: int
    columns: int
    seconds: float
    engine: str
    recorded_at: datetime
    cpu_seconds: float | None = None
    memory_mib: int | None = None


class StageCosts:
    """Costs by route, feature set, stage and era; of each era the last measurement, of each group the newest eras."""

    _database: Database

    def record_costs(self, costs: Iterable[StageCost]) -> None:
        """Store measurements in place of their eras' earlier ones, and forget the oldest beyond `KEPT`.

        All in one transaction, since one takes as many milliseconds as a small era's stage.
        """
        newest = {(cost.route, cost.feature_set, cost.stage, cost.era_id): vars(cost) for cost in costs}
        if not newest:
            return
        key = ("route", "feature_set", "stage", "era_id")
        with self._database.write("stage costs") as connection:
            connection.execute(
                delete(stage_costs).where(*(stage_costs.c[name] == bindparam(f"noted_{name}") for name in key)),
                [{f"noted_{name}": cost[name] for name in key} for cost in newest.values()],
            )
            connection.execute(insert(stage_costs), list(newest.values()))
            for group in sorted({place[:3] for place in newest}):
                _prune(connection, *group)

    def stage_costs(self, *, feature_set: str | None = None, since: datetime | None = None) -> list[StageCost]:
        """All measurements, or those of one feature set, or from a time on, oldest first."""
        query = select(stage_costs).order_by(stage_costs.c.recorded_at, stage_costs.c.era_id, stage_costs.c.stage)
        if feature_set is not None:
            query = query.where(stage_costs.c.feature_set == feature_set)
        if since is not None:
            query = query.where(stage_costs.c.recorded_at >= since)
        with self._database.read() as connection:
            return [StageCost(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    def stage_columns(self, stage: str, *, source: str, feature_set: str) -> int | None:
        """Columns of what a stage last stored for an era of this source; None where it was never measured."""
        query = (
            select(stage_costs.c.columns)
            .join(eras, eras.c.era_id == stage_costs.c.era_id)
            .where(eras.c.source == source, stage_costs.c.feature_set == feature_set, stage_costs.c.stage == stage)
            .order_by(stage_costs.c.recorded_at.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()


def _prune(connection: Connection, route: str, feature_set: str, stage: str) -> None:
    group = (
        stage_costs.c.route == route,
        stage_costs.c.feature_set == feature_set,
        stage_costs.c.stage == stage,
    )
    newest_beyond = (
        select(stage_costs.c.recorded_at)
        .where(*group)
        .order_by(stage_costs.c.recorded_at.desc())
        .offset(KEPT)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(delete(stage_costs).where(*group, stage_costs.c.recorded_at <= newest_beyond))
