import pytest

from feature_platform.errors import RoutingError
from feature_platform.routing.cost_model import CostModel
from feature_platform.routing.cost_policy import SHOWN, CostPolicy, parse_cost_policy
from feature_platform.routing.policy import Route
from feature_platform_tests.routing.measured import measured

CLASSES = ("cpu", "gpu", "cpu-highmem")
PRICES = {"cpu": 0.20, "gpu": 3.0}
SIZES = [10_000, 100_000, 1_000_000]
BY_SIZE = Route("cpu", 123, "largest era has 123 readings, below 1,000,000")
COSTS = [
    *measured("cpu", [*SIZES, 3_000_000], lambda readings: 5 + 4e-5 * readings),
    *measured("gpu", SIZES, lambda readings: 17 + 1e-6 * readings),
]
MODEL = CostModel.fit("efficient-1", COSTS)


def policy(name: str, *candidates: str, **prices: float) -> CostPolicy:
    return parse_cost_policy(name, prices or PRICES, candidates or ("cpu", "gpu"), classes=CLASSES)


def test_the_fastest_class_by_the_era_s_size_with_the_break_even() -> None:
    large = policy("fastest").choose(MODEL, "big", 2_345_678, BY_SIZE)
    assert large == Route(
        "gpu",
        123,
        "fastest: gpu 19 s against cpu 99 s for big of 2,345,678 readings; break-even at 307,692 "
        "(from 3 and 4 measured eras)",
    )
    small = policy("fastest").choose(MODEL, "small", 10_000, BY_SIZE)
    assert (small.compute, small.reason[:31]) == ("cpu", "fastest: cpu 5.4 s against gpu ")


def test_the_cheapest_class_by_prices() -> None:
    large = policy("cheapest").choose(MODEL, "big", 2_345_678, BY_SIZE)
    assert large.compute == "cpu"
    assert large.reason.startswith("cheapest: cpu 0.0055 (99 s) against gpu 0.016 (19 s) for big of 2,345,678 readings")
    free = policy("cheapest", cpu=0.20, gpu=0.0).choose(MODEL, "big", 10_000, BY_SIZE)
    assert free.compute == "gpu"
    assert "at every size" in free.reason


@pytest.mark.parametrize(
    ("costs", "readings", "why"),
    [
        (COSTS[:16], 50_000, "no measurements yet on gpu for efficient-1"),
        (COSTS[:24], 50_000, "only 2 of 3 eras measured on gpu for efficient-1"),
        (COSTS, 20_000_000, "only eras of 10,000 to 1,000,000 readings measured on gpu for efficient-1"),
        ([], 50_000, "no measurements yet on cpu; no measurements yet on gpu for efficient-1"),
    ],
)
def test_what_costs_cannot_say_goes_by_size(costs: list, readings: int, why: str) -> None:  # type: ignore[type-arg]
    route = policy("fastest").choose(CostModel.fit("efficient-1", costs), "era", readings, BY_SIZE)
    assert route == Route("cpu", 123, f"{why}: by size, {BY_SIZE.reason}")


def test_a_third_candidate_without_measurements_is_left_out() -> None:
    route = policy("fastest", "cpu-highmem", "cpu", "gpu").choose(MODEL, "big", 2_345_678, BY_SIZE)
    assert route.compute == "gpu"


def test_a_reason_fits_a_tag() -> None:
    route = policy("cheapest", cpu=0.20, gpu=1e300).choose(MODEL, "x" * 250, 50_000, BY_SIZE)
    assert len(route.reason) == SHOWN
    assert route.reason.endswith("…")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"policy": "quickest"}, "config.policy: 'quickest' is none of threshold, fastest, cheapest"),
        ({"policy": "cheapest", "prices": {"cpu": 1}}, "config.prices.gpu: is missing; policy cheapest wants a price"),
        ({"prices": {"tpu": 1}}, "config.prices.tpu: there is no such class, only cpu, gpu, cpu-highmem"),
        ({"prices": {"cpu": "dear"}}, "config.prices.cpu: 'dear' is no price"),
        ({"prices": {"cpu": -1}}, "config.prices.cpu: -1 is no price"),
        ({"prices": {"cpu": True}}, "config.prices.cpu: True is no price"),
        ({"prices": {"cpu": float("nan")}}, "config.prices.cpu: nan is no price"),
        ({"candidates": ["cpu", "tpu"]}, "config.candidates: 'tpu' is none of the limits' classes cpu, gpu"),
        ({"policy": "fastest", "candidates": ["cpu", "cpu"]}, "config.candidates: fastest compares classes; name two"),
    ],
)
def test_an_unusable_key_is_named(config: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(RoutingError) as caught:
        parse_cost_policy(
            **{"policy": "threshold", "prices": {}, "candidates": ["cpu", "gpu"], "classes": CLASSES} | config
        )
    assert f"dagster.yaml, run_coordinator.{message}" in str(caught.value)
