from datetime import UTC, datetime, timedelta

import pytest

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.claim_ledger import Ask, Claim
from feature_platform.eras.era import EraCount
from feature_platform.errors import EraError
from feature_platform_tests.eras.days import days

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def claim(catalogue: Catalogue, *, after: timedelta = timedelta(), data_version: str = "v1") -> Claim | None:
    asks = [Ask("era", "all", data_version)]
    made = catalogue.claim(asks, backoff=10 * MINUTE, now=NOON + after)
    return made[0] if made else None


def first_claim(catalogue: Catalogue) -> Claim:
    claimed = claim(catalogue)
    assert claimed is not None
    return claimed


def test_nothing_is_asked_for_twice_while_it_runs_or_once_it_succeeded(catalogue: Catalogue) -> None:
    claimed = first_claim(catalogue)
    assert (claimed.attempt, claimed.state, claimed.claimed_at) == (1, "running", NOON)
    assert claim(catalogue, after=MINUTE) is None
    catalogue.settle([claimed.claim_id], "succeeded")
    assert claim(catalogue, after=timedelta(days=99)) is None


def test_new_data_and_other_stages_are_claimed_on_their_own(catalogue: Catalogue) -> None:
    first = first_claim(catalogue)
    second = claim(catalogue, data_version="v2")
    (third,) = catalogue.claim([Ask("era", "features", "v1")], backoff=MINUTE)
    assert second is not None
    assert len({first.claim_id, second.claim_id, third.claim_id}) == 3


def test_data_that_change_back_are_asked_for_again_with_all_attempts(catalogue: Catalogue) -> None:
    for minute, version in enumerate(("v1", "v2", "v1", "v2")):
        claimed = claim(catalogue, after=minute * MINUTE, data_version=version)
        assert claimed is not None
        assert claim(catalogue, after=minute * MINUTE, data_version=version) is None
        catalogue.settle([claimed.claim_id], "succeeded", now=NOON + minute * MINUTE)
    tried = []
    for day in range(5):
        claimed = claim(catalogue, after=timedelta(days=1 + day))
        if claimed is not None:
            tried.append(claimed.attempt)
            catalogue.settle([claimed.claim_id], "failed", now=NOON + timedelta(days=1 + day))
    assert tried == [3, 4, 5]
    assert claim(catalogue, after=timedelta(days=9), data_version="v2") is None


def test_a_failure_is_tried_again_after_a_growing_pause_until_attempts_are_used_up(catalogue: Catalogue) -> None:
    catalogue.settle([first_claim(catalogue).claim_id], "failed", now=NOON)
    assert claim(catalogue, after=9 * MINUTE) is None
    second = claim(catalogue, after=10 * MINUTE)
    assert second is not None
    assert second.attempt == 2
    catalogue.settle([second.claim_id], "failed", now=NOON + 20 * MINUTE)
    assert claim(catalogue, after=39 * MINUTE) is None
    third = claim(catalogue, after=40 * MINUTE)
    assert third is not None
    catalogue.settle([third.claim_id], "failed", now=NOON + 50 * MINUTE)
    assert claim(catalogue, after=timedelta(days=99)) is None
    assert [(c.attempt, c.state) for c in catalogue.claims()] == [(1, "failed"), (2, "failed"), (3, "failed")]


def test_a_clock_that_jumps_neither_repeats_what_runs_nor_blocks_what_failed(catalogue: Catalogue) -> None:
    first = first_claim(catalogue)
    for jump in (timedelta(days=400), -timedelta(days=400)):
        assert claim(catalogue, after=jump) is None
    catalogue.settle([first.claim_id], "failed", now=NOON + timedelta(days=400))
    second = claim(catalogue, after=MINUTE)
    assert second is not None
    assert second.attempt == 2


def test_the_first_word_on_an_attempt_counts_but_a_late_success_is_believed(catalogue: Catalogue) -> None:
    claimed = first_claim(catalogue)
    catalogue.settle([claimed.claim_id], "failed", now=NOON)
    catalogue.settle([claimed.claim_id], "failed", now=NOON + MINUTE)
    assert catalogue.claims()[0].settled_at == NOON
    catalogue.settle([claimed.claim_id], "succeeded", now=NOON + 2 * MINUTE)
    catalogue.settle([claimed.claim_id], "failed", now=NOON + 3 * MINUTE)
    assert [(c.state, c.settled_at) for c in catalogue.claims()] == [("succeeded", NOON + 2 * MINUTE)]


def test_many_are_claimed_at_once_and_only_those_that_may_be(catalogue: Catalogue) -> None:
    asks = [Ask(f"era-{number:04}", "all", "v") for number in range(1200)]
    met, failed, *others = catalogue.claim(asks[:600], backoff=MINUTE, now=NOON)
    catalogue.settle([met.claim_id], "succeeded", now=NOON)
    catalogue.settle([failed.claim_id], "failed", now=NOON)
    again = catalogue.claim([*asks, *asks], ticket="tick", backoff=MINUTE, now=NOON + MINUTE)
    assert [claim.era_id for claim in again] == [failed.era_id, *(ask.era_id for ask in asks[600:])]
    assert [claim.attempt for claim in again[:2]] == [2, 1]
    assert {claim.ticket for claim in again} == {"tick"}
    assert len({met.ticket, *(claim.ticket for claim in others)}) == 1
    catalogue.settle([claim.claim_id for claim in (*others, *again)], "succeeded")
    assert {claim.state for claim in catalogue.claims()} == {"succeeded", "failed"}
    assert catalogue.claim(asks, backoff=MINUTE, now=NOON + 9 * MINUTE) == []


def test_nothing_is_settled_where_one_of_many_is_unknown(catalogue: Catalogue) -> None:
    claimed = first_claim(catalogue)
    with pytest.raises(EraError, match="'nothing' is not in the catalogue's ledger"):
        catalogue.settle([claimed.claim_id, "nothing"], "failed")
    assert [claim.state for claim in catalogue.claims()] == ["running"]


def test_claims_are_read_by_era_and_state(catalogue: Catalogue) -> None:
    assert len(catalogue.claim([Ask(era_id, "all", "v") for era_id in ("one", "two", "three")], backoff=MINUTE)) == 3
    settled = catalogue.claims(era_ids=["two"])[0]
    catalogue.settle([settled.claim_id], "succeeded")
    assert [c.era_id for c in catalogue.claims(state="running")] == ["one", "three"]
    assert [c.era_id for c in catalogue.claims(era_ids=["two", "three"], state="succeeded")] == ["two"]


def test_pruning_an_era_forgets_its_claims(catalogue: Catalogue) -> None:
    catalogue.record_cut("demo", "declared", [days(1, 5)], settings={})
    era_id = days(1, 5).era_id
    catalogue.record_counts([EraCount(era_id, 1, "v1")])
    assert catalogue.claim([Ask(era_id, "all", "v1")], backoff=MINUTE)
    catalogue.record_cut("demo", "declared", [], settings={})
    catalogue.prune([era_id])
    assert catalogue.claims() == []


def test_a_launch_is_claimed_by_one_caller_for_ever(catalogue: Catalogue) -> None:
    assert catalogue.claim_launch("run-1", "daemon-a")
    assert not catalogue.claim_launch("run-1", "daemon-b")
    assert not catalogue.claim_launch("run-1", "daemon-a")
    assert catalogue.claim_launch("run-2", "daemon-b")
