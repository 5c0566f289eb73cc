import pytest

from feature_platform.errors import RoutingError
from feature_platform.routing.policy import Route, decide

CLASSES = ("cpu", "gpu", "cpu-highmem")


def route(counts: dict[str, int | None], forced: str | None = None) -> Route:
    return decide(counts, threshold=1000, forced=forced, classes=CLASSES)


def test_one_era_at_the_threshold_makes_a_run_large() -> None:
    assert route({"a": 1000}) == Route("gpu", 1000, "a has 1,000 readings, at least 1,000")
    assert route({"a": 999}) == Route("cpu", 999, "largest era has 999 readings, below 1,000")


def test_the_largest_single_era_decides_and_never_the_sum() -> None:
    assert route({f"era{n}": 900 for n in range(50)}).compute == "cpu"
    assert route({"a": 10, "b": 5000, "c": 10}) == Route("gpu", 5020, "b has 5,000 readings, at least 1,000")


def test_an_era_that_was_never_counted_goes_to_the_default_class_and_is_named() -> None:
    assert route({"a": None, "b": 10}) == Route("cpu", 10, "not counted: a")
    assert route({f"era{n}": None for n in range(5)}).reason == "not counted: era0, era1, era2 and 2 more"


def test_a_large_era_is_large_whatever_is_not_counted_beside_it() -> None:
    assert route({"a": None, "b": 1000}).compute == "gpu"


def test_a_run_without_eras_goes_to_the_default_class() -> None:
    assert route({}) == Route("cpu", 0, "no era")


def test_force_wins_over_the_rows() -> None:
    assert route({"a": 1}, forced="gpu") == Route("gpu", 1, "forced")
    assert route({"a": 5000}, forced="cpu-highmem") == Route("cpu-highmem", 5000, "forced")


def test_an_unknown_forced_class_goes_to_the_default_whatever_the_rows() -> None:
    assert route({"a": 5000}, forced="tpu") == Route("cpu", 5000, "forced class 'tpu' is none of cpu, cpu-highmem, gpu")


@pytest.mark.parametrize("setting", ["default", "large"])
def test_a_class_that_is_not_there_is_refused(setting: str) -> None:
    with pytest.raises(RoutingError, match="'tpu' is none of cpu, gpu"):
        decide({}, **{setting: "tpu"})


def test_the_larger_run_has_the_higher_priority_and_all_stay_below_a_person_s() -> None:
    priorities = [Route("cpu", rows, "").priority for rows in (0, 1, 999_999, 1_000_000, 5_000_000_000)]
    assert priorities == sorted(set(priorities))
    assert priorities[-1] < 0
