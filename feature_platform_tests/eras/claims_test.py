from datetime import UTC, datetime, timedelta

import pytest

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.claim_ledger import Claim
from feature_platform.eras.era import EraCount
from feature_platform.errors import EraError
from feature_platform_tests.eras.days import days

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def claim(catalogue: Catalogue, *, after: timedelta = timedelta(), data_version: str = "v1") -> Claim | None:
    return catalogue.claim("era", "all", data_version, backoff=10 * MINUTE, lease=timedelta(hours=6), now=NOON + after)


def first_claim(catalogue: Catalogue) -> Claim:
    claimed = claim(catalogue)
    assert claimed is not None
    return claimed


def test_nothing_is_asked_for_twice_while_it_runs_or_once_it_succeeded(catalogue: Catalogue) -> None:
    claimed = first_claim(catalogue)
    assert (claimed.attempt, claimed.state, claimed.claimed_at) == (1, "running", NOON)
    assert claim(catalogue, after=MINUTE) is None
    catalogue.settle(claimed.claim_id, "succeeded")
    assert claim(catalogue, after=timedelta(days=99)) is None


def test_new_data_and_other_stages_are_claimed_on_their_own(catalogue: Catalogue) -> None:
    first = first_claim(catalogue)
    second = claim(catalogue, data_version="v2")
    third = catalogue.claim("era", "features", "v1", backoff=MINUTE)
    assert second is not None
    assert third is not None
    assert len({first.claim_id, second.claim_id, third.claim_id}) == 3


def test_a_failure_is_tried_again_after_a_growing_pause_until_attempts_are_used_up(catalogue: Catalogue) -> None:
    catalogue.settle(first_claim(catalogue).claim_id, "failed", now=NOON)
    assert claim(catalogue, after=9 * MINUTE) is None
    second = claim(catalogue, after=10 * MINUTE)
    assert second is not None
    assert second.attempt == 2
    catalogue.settle(second.claim_id, "failed", now=NOON + 20 * MINUTE)
    assert claim(catalogue, after=39 * MINUTE) is None
    third = claim(catalogue, after=40 * MINUTE)
    assert third is not None
    catalogue.settle(third.claim_id, "failed", now=NOON + 50 * MINUTE)
    assert claim(catalogue, after=timedelta(days=99)) is None
    assert [(c.attempt, c.state) for c in catalogue.claims()] == [(1, "failed"), (2, "failed"), (3, "failed")]


def test_a_claim_whose_run_never_started_does_not_block_for_ever(catalogue: Catalogue) -> None:
    first = first_claim(catalogue)
    assert claim(catalogue, after=timedelta(hours=6) + 9 * MINUTE) is None
    second = claim(catalogue, after=timedelta(hours=6) + 10 * MINUTE)
    assert second is not None
    assert second.attempt == 2
    lost = catalogue.claims(state="failed")
    assert [(c.claim_id, c.settled_at) for c in lost] == [(first.claim_id, NOON + timedelta(hours=6))]


def test_the_first_word_on_an_attempt_counts_but_a_late_success_is_believed(catalogue: Catalogue) -> None:
    claimed = first_claim(catalogue)
    catalogue.settle(claimed.claim_id, "failed", now=NOON)
    catalogue.settle(claimed.claim_id, "failed", now=NOON + MINUTE)
    assert catalogue.claims()[0].settled_at == NOON
    catalogue.settle(claimed.claim_id, "succeeded", now=NOON + 2 * MINUTE)
    catalogue.settle(claimed.claim_id, "failed", now=NOON + 3 * MINUTE)
    assert [(c.state, c.settled_at) for c in catalogue.claims()] == [("succeeded", NOON + 2 * MINUTE)]


def test_settling_an_unknown_claim_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(EraError, match="'nothing' is not in the catalogue's ledger"):
        catalogue.settle("nothing", "failed")


def test_claims_are_read_by_era_and_state(catalogue: Catalogue) -> None:
    for era_id in ("one", "two", "three"):
        assert catalogue.claim(era_id, "all", "v", backoff=MINUTE) is not None
    settled = catalogue.claims(era_ids=["two"])[0]
    catalogue.settle(settled.claim_id, "succeeded")
    assert [c.era_id for c in catalogue.claims(state="running")] == ["one", "three"]
    assert [c.era_id for c in catalogue.claims(era_ids=["two", "three"], state="succeeded")] == ["two"]


def test_pruning_an_era_forgets_its_claims(catalogue: Catalogue) -> None:
    catalogue.record_cut("demo", "declared", [days(1, 5)], settings={})
    era_id = days(1, 5).era_id
    catalogue.record_counts([EraCount(era_id, 1, "v1")])
    assert catalogue.claim(era_id, "all", "v1", backoff=MINUTE) is not None
    catalogue.record_cut("demo", "declared", [], settings={})
    catalogue.prune([era_id])
    assert catalogue.claims() == []


def test_a_launch_is_claimed_by_one_caller_for_ever(catalogue: Catalogue) -> None:
    assert catalogue.claim_launch("run-1", "daemon-a")
    assert not catalogue.claim_launch("run-1", "daemon-b")
    assert not catalogue.claim_launch("run-1", "daemon-a")
    assert catalogue.claim_launch("run-2", "daemon-b")
