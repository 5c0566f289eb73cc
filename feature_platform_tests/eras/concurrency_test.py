"""Several threads and processes at once, on both databases: what must happen once happens once."""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.claim_ledger import Ask
from feature_platform.eras.era import EraCount
from feature_platform_tests.eras.days import days

WORKERS = 4
ROUNDS = 5


def in_processes(work: Callable[[int], object], count: int = WORKERS) -> list[object]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([open_and_claim.__module__, "feature_platform.eras.catalogue"])
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        return list(pool.map(work, range(count)))


def in_threads(work: Callable[[int], object], jobs: Iterable[int]) -> list[object]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, jobs))


def open_and_claim(url: str, worker: int) -> list[bool]:
    catalogue = Catalogue(url)
    return [catalogue.claim_launch(f"run-{n}", f"worker-{worker}") for n in range(ROUNDS)]


def test_processes_open_a_fresh_database_at_once_and_each_launch_is_claimed_once(catalogue_url: str) -> None:
    outcomes = in_processes(partial(open_and_claim, catalogue_url))
    assert [sum(wins) for wins in zip(*outcomes, strict=True)] == [1] * ROUNDS  # type: ignore[call-overload]


def test_threads_open_a_fresh_database_at_once(catalogue_url: str) -> None:
    assert in_threads(lambda _: Catalogue(catalogue_url).sources(), range(2 * WORKERS)) == [[]] * 2 * WORKERS


def test_threads_claim_each_attempt_once(catalogue: Catalogue) -> None:
    def claim(job: int) -> bool:
        return bool(catalogue.claim([Ask(f"era-{job % ROUNDS}", "all", "v1")], backoff=timedelta(minutes=1)))

    outcomes = in_threads(claim, range(WORKERS * ROUNDS))
    assert sum(map(bool, outcomes)) == ROUNDS
    assert [claim.attempt for claim in catalogue.claims()] == [1] * ROUNDS


def test_cuts_at_once_leave_one_whole_cut_current(catalogue: Catalogue) -> None:
    cuts = [[days(1, 3 + n), days(3 + n, 20)] for n in range(WORKERS)]

    def record(job: int) -> object:
        return catalogue.record_cut("demo", "declared", cuts[job % WORKERS], settings={})

    in_threads(record, range(WORKERS * 3))
    current = [record.era for record in catalogue.eras()]
    assert current in cuts
    assert len(catalogue.eras(include_superseded=True)) == 2 * WORKERS
    ended = [r for r in catalogue.eras(include_superseded=True) if r.superseded_at is not None]
    assert all(r.superseded_by for r in ended)


def test_counts_at_once_lose_no_revision(catalogue: Catalogue) -> None:
    catalogue.record_cut("demo", "declared", [days(1, 5)], settings={})
    era_id = days(1, 5).era_id
    in_threads(lambda job: catalogue.record_counts([EraCount(era_id, job, f"v{job}")]), range(3 * WORKERS))
    assert catalogue.era(era_id).data_revision == 3 * WORKERS
