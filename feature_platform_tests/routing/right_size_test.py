from dataclasses import replace

import pytest

from feature_platform.routing.right_size import granted_cores, granted_mib, route_uses
from feature_platform_tests.routing.measured import measured

POD = {
    "run_k8s_config": {"container_config": {"resources": {"requests": {"cpu": "4", "memory": "16Gi"}}}},
}


@pytest.mark.parametrize(
    ("config", "mib", "cores"),
    [
        ({"memory_mib": 4096, "threads": 2}, 4096, 2),
        (POD, 16384, 4),
        (
            {"run_k8s_config": {"container_config": {"resources": {"requests": {"cpu": "500m", "memory": "2G"}}}}},
            1907,
            0.5,
        ),
        ({"container_kwargs": {"mem_limit": "8g"}}, 8192, None),
        ({"container_kwargs": {"mem_limit": 2**30}}, 1024, None),
        ({"memory_mib": {"env": "MIB"}, "threads": {"env": "THREADS"}}, None, None),
        ({"run_k8s_config": {"container_config": {"resources": {"requests": {"memory": "much"}}}}}, None, None),
        ({}, None, None),
    ],
)
def test_what_a_route_grants(config: dict[str, object], mib: int | None, cores: float | None) -> None:
    assert (granted_mib(config), granted_cores(config)) == (mib, cores)


def test_a_share_of_the_machine_is_granted_in_mib() -> None:
    half, whole = granted_mib({"memory_percent": 50}), granted_mib({"memory_percent": 100})
    assert half is not None
    assert whole is not None
    assert abs(2 * half - whole) <= 1


@pytest.mark.parametrize(
    ("memory", "busiest", "advice"),
    [
        (3000, 3.9, "memory is too large: 3,840 MiB would do"),
        (12000, 3.9, "fits"),
        (15000, 3.9, "memory is tight: give 18,944 MiB"),
        (12000, 1.1, "cores are too many: 2 would do"),
        (100, 0.1, "memory is too large: 256 MiB would do; cores are too many: 1 would do"),
    ],
)
def test_advice(memory: int, busiest: float, advice: str) -> None:
    stages = [
        replace(cost, memory_mib=memory - number, cpu_seconds=busiest * cost.seconds / (1 + number))
        for number, cost in enumerate(measured("cpu", [1000], lambda _: 40.0))
    ]
    (use,) = route_uses(stages, {"cpu": POD})
    assert (use.stages, use.memory_mib, use.granted_mib, use.granted_cores) == (4, memory, 16384, 4)
    assert use.busiest_cores == pytest.approx(busiest)
    assert use.cores == pytest.approx(busiest * (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert use.advice == advice


def test_what_was_not_measured_or_not_granted_is_left_out() -> None:
    old = measured("cpu", [1000], lambda _: 1.0)
    assert route_uses(old, {}) == []
    (use,) = route_uses([replace(old[0], memory_mib=5, cpu_seconds=1.0)], {})
    assert (use.granted_mib, use.granted_cores, use.advice) == (None, None, "fits")
