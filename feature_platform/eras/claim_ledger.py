"""The catalogue's ledger of what was asked for: nothing is asked for twice, and a failure is tried again."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from feature_platform.eras.database import Database, chunks
from feature_platform.eras.tables import claims
from feature_platform.errors import EraError

ClaimState = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True)
class Claim:
    """One attempt at computing some stages of one era from one version of its data.

    `claim_id` is the Dagster run key of the run that was asked for.
    """

    claim_id: str
    era_id: str
    stages: str
    data_version: str
    attempt: int
    state: ClaimState
    claimed_at: datetime
    settled_at: datetime | None


class ClaimLedger:
    """Claims on (era, stages, data version, attempt)."""

    _database: Database

    def claim(
        self,
        era_id: str,
        stages: str,
        data_version: str,
        *,
        maximum_attempts: int = 3,
        backoff: timedelta,
        lease: timedelta = timedelta(days=1),
        now: datetime | None = None,
    ) -> Claim | None:
        """Claim the next attempt; None if there is nothing to ask for.

        That is so when the last attempt succeeded or is still running, when it failed less than `backoff` ago
        (doubled with every further attempt), and when the attempts are used up. An attempt that nobody settled
        within `lease` counts as failed then: its run may never have started.
        """
        moment = now or datetime.now(UTC)
        key = (claims.c.era_id == era_id, claims.c.stages == stages, claims.c.data_version == data_version)
        with self._database.write(f"claim {era_id}|{stages}|{data_version}") as connection:
            row = connection.execute(select(claims).where(*key).order_by(claims.c.attempt.desc()).limit(1)).first()
            last = None if row is None else _claim(row)
            if last is not None and last.state == "running" and moment >= last.claimed_at + lease:
                connection.execute(
                    update(claims)
                    .where(claims.c.claim_id == last.claim_id)
                    .values(state="failed", settled_at=last.claimed_at + lease)
                )
            elif last is not None and last.state != "failed":
                return None
            if last is not None:
                failed_at = last.settled_at or last.claimed_at + lease
                pause = backoff * 2 ** (last.attempt - 1)
                if last.attempt >= maximum_attempts or moment < failed_at + pause:
                    return None
            attempt = 1 if last is None else last.attempt + 1
            claimed = Claim(
                claim_id=f"{era_id}.{attempt}.{secrets.token_hex(8)}",
                era_id=era_id,
                stages=stages,
                data_version=data_version,
                attempt=attempt,
                state="running",
                claimed_at=moment,
                settled_at=None,
            )
            connection.execute(insert(claims).values(vars(claimed)))
        return claimed

    def settle(self, claim_id: str, state: Literal["succeeded", "failed"], *, now: datetime | None = None) -> None:
        """Say how an attempt ended. The first word counts, but a success is believed after a failure too.

        Raises
        ------
        EraError
            If there is no such claim.
        """
        with self._database.write(f"settle {claim_id}") as connection:
            found = connection.execute(select(claims.c.state).where(claims.c.claim_id == claim_id)).scalar_one_or_none()
            if found is None:
                raise EraError(f"claim {claim_id!r} is not in the catalogue's ledger; its era may have been pruned")
            if found == "running" or (found, state) == ("failed", "succeeded"):
                connection.execute(
                    update(claims)
                    .where(claims.c.claim_id == claim_id)
                    .values(state=state, settled_at=now or datetime.now(UTC))
                )

    def claims(self, *, era_ids: Iterable[str] | None = None, state: ClaimState | None = None) -> list[Claim]:
        """All claims, or those of some eras or in one state, oldest first."""
        query = select(claims)
        if state is not None:
            query = query.where(claims.c.state == state)
        with self._database.read() as connection:
            if era_ids is None:
                rows = list(connection.execute(query))
            else:
                rows = [
                    row
                    for chunk in chunks(era_ids)
                    for row in connection.execute(query.where(claims.c.era_id.in_(chunk)))
                ]
        return sorted(map(_claim, rows), key=lambda claim: (claim.claimed_at, claim.era_id, claim.attempt))


def _claim(row: Row[Any]) -> Claim:
    return Claim(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
