import os

import pytest

from feature_platform.errors import RoutingError
from feature_platform.routing.limits import parse_limits, tag_limits


def test_auto_is_half_of_the_cores_and_two_where_there_are_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, 1), (2, 2), (3, 2), (9, 4)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, cores=cores: set(range(cores)))
        assert parse_limits({"cpu": "auto"}) == {"cpu": expected}


def test_a_limit_may_be_a_number_or_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_RUNS", "4")
    assert parse_limits({"cpu": 8, "gpu": {"env": "GPU_RUNS"}, "paused": 0}) == {"cpu": 8, "gpu": 4, "paused": 0}


@pytest.mark.parametrize("limit", ["two", -1, 1.5, True, None, {"env": "GPU_RUNS", "x": 1}])
def test_anything_else_is_refused_with_its_key(limit: object) -> None:
    with pytest.raises(RoutingError, match=r"run_coordinator.config.limits.gpu: .* is no number of runs"):
        parse_limits({"cpu": 1, "gpu": limit})


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPU_RUNS", raising=False)
    with pytest.raises(RoutingError, match=r"limits.gpu: environment variable GPU_RUNS is not set"):
        parse_limits({"gpu": {"env": "GPU_RUNS"}})


def test_no_class_at_all_is_refused() -> None:
    with pytest.raises(RoutingError, match="name at least one compute class"):
        parse_limits({})


def test_limits_become_dagster_s_limits_by_tag() -> None:
    assert tag_limits({"gpu": 2}) == [{"key": "feature_platform/compute", "value": "gpu", "limit": 2}]
