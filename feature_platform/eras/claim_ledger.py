"""The catalogue's ledger of what was asked for: nothing is asked for twice, and a failure is tried again."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from feature_platform.eras.database import Database, chunks
from feature_platform.eras.tables import claims
from feature_platform.errors import EraError

ClaimState = Literal["running", "succeeded", "failed", "given_up"]
"""A claim that was given up would fail again whenever it is tried: only new data are asked for."""


@dataclass(frozen=True)
class Ask:
    """Some stages of one era from one version of its data: what is claimed."""

    era_id: str
    stages: str
    data_version: str


@dataclass(frozen=True)
class Claim:
    """One attempt at computing some stages of one era from one version of its data."""

    claim_id: str
    era_id: str
    stages: str
    data_version: str
    attempt: int
    state: ClaimState
    claimed_at: datetime
    settled_at: datetime | None

    @property
    def ticket(self) -> str:
        """The same for all claims that were made together."""
        return self.claim_id.rsplit(".", 1)[-1]

    @property
    def ask(self) -> Ask:
        """What was claimed."""
        return Ask(self.era_id, self.stages, self.data_version)


class ClaimLedger:
    """Claims on (era, stages, data version, attempt)."""

    _database: Database

    def claim(
        self,
        asks: Sequence[Ask],
        *,
        ticket: str | None = None,
        maximum_attempts: int = 3,
        backoff: timedelta,
        now: datetime | None = None,
    ) -> list[Claim]:
        """Claim the next attempt of each, in one transaction; those that ask for nothing are left out.

        That is so when a claim on the same holds, when the last attempt failed less than `backoff` ago (doubled with
        every further attempt), and when the attempts are used up. A failure in the future is a clock that was put back,
        and pauses nothing. The claims carry `ticket`, a fresh one by default.
        """
        moment = now or datetime.now(UTC)
        mark = ticket or new_ticket()
        claimed: list[Claim] = []
        with self._database.write("claims") as connection:
            old = _claims_of(connection, asks)
            held, attempts = holding(old), _attempts(old)
            for ask in dict.fromkeys(asks):
                attempt, failures, failed_at = attempts.get(ask, NO_ATTEMPTS)
                if ask in held or failures >= maximum_attempts:
                    continue
                if failed_at is not None and failed_at <= moment < failed_at + backoff * 2 ** (failures - 1):
                    continue
                claimed.append(_next_attempt(ask, attempt + 1, mark, moment))
            if claimed:
                connection.execute(insert(claims), [dict(vars(claim)) for claim in claimed])
        return claimed

    def settle(
        self,
        claim_ids: Iterable[str],
        state: Literal["succeeded", "failed", "given_up"],
        *,
        now: datetime | None = None,
    ) -> None:
        """Say how attempts ended. The first word counts, but a success is believed after a failure too.

        Raises
        ------
        EraError
            If there is no such claim; then nothing is settled.
        """
        wanted = list(claim_ids)
        moment = now or datetime.now(UTC)
        open_states = ("running", "failed", "given_up") if state == "succeeded" else ("running",)
        with self._database.write("claims") as connection:
            found = {
                row.claim_id: row.state
                for chunk in chunks(wanted)
                for row in connection.execute(
                    select(claims.c.claim_id, claims.c.state).where(claims.c.claim_id.in_(chunk))
                )
            }
            unknown = next((claim_id for claim_id in wanted if claim_id not in found), None)
            if unknown is not None:
                raise EraError(f"claim {unknown!r} is not in the catalogue's ledger; its era may have been pruned")
            _settle(connection, {id_: moment for id_, was in found.items() if was in open_states}, state)

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


def new_ticket() -> str:
    """A ticket that nobody else has."""
    return secrets.token_hex(8)


def holding(claims: Iterable[Claim]) -> dict[Ask, Claim]:
    """Of all claims on some eras those that keep others from asking for the same.

    These are the ones under way or given up, and the last that was met of an era's stages: data that change and change
    back are asked for again.
    """
    blocking: dict[Ask, Claim] = {}
    met: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        if claim.state in {"running", "given_up"}:
            blocking[claim.ask] = claim
        elif claim.state == "succeeded":
            last = met.setdefault((claim.era_id, claim.stages), claim)
            if _settled(claim) > _settled(last):
                met[claim.era_id, claim.stages] = claim
    return {claim.ask: claim for claim in met.values()} | blocking


def _settled(claim: Claim) -> datetime:
    return claim.settled_at or claim.claimed_at


class _Attempts(NamedTuple):
    """How many there were, how many failed since one succeeded, and when the last of these failed."""

    number: int
    failures: int
    failed_at: datetime | None


NO_ATTEMPTS = _Attempts(0, 0, None)


def _attempts(claims: Iterable[Claim]) -> dict[Ask, _Attempts]:
    found: dict[Ask, _Attempts] = {}
    for claim in sorted(claims, key=lambda claim: claim.attempt):
        before = found.get(claim.ask, NO_ATTEMPTS)
        failed = claim.state == "failed"
        found[claim.ask] = _Attempts(
            claim.attempt, before.failures + 1 if failed else 0, claim.settled_at if failed else None
        )
    return found


def _claims_of(connection: Connection, asks: Sequence[Ask]) -> list[Claim]:
    return [
        _claim(row)
        for chunk in chunks(ask.era_id for ask in asks)
        for row in connection.execute(select(claims).where(claims.c.era_id.in_(chunk)))
    ]


def _next_attempt(ask: Ask, attempt: int, ticket: str, moment: datetime) -> Claim:
    return Claim(
        # An era may ask for several stages at once, and all of them on the same ticket.
        claim_id=f"{ask.era_id}.{attempt}.{secrets.token_hex(4)}.{ticket}",
        era_id=ask.era_id,
        stages=ask.stages,
        data_version=ask.data_version,
        attempt=attempt,
        state="running",
        claimed_at=moment,
        settled_at=None,
    )


def _settle(connection: Connection, ends: dict[str, datetime], state: ClaimState) -> None:
    if ends:
        connection.execute(
            update(claims)
            .where(claims.c.claim_id == bindparam("settled"))
            .values(state=state, settled_at=bindparam("ended")),
            [{"settled": claim_id, "ended": moment} for claim_id, moment in ends.items()],
        )


def _claim(row: Row[Any]) -> Claim:
    return Claim(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
