"""What an hour of a run costs, as its tags say it."""

from collections.abc import Mapping

from feature_platform.routing.tags import PRICE, ROUTE

SECONDS_PER_HOUR = 3600
UNKNOWN_PRICE = "unknown"
"""Always written where there are prices, for a retry's copy of its parent's would pass for its own."""


def price_per_hour(tags: Mapping[str, str]) -> float | None:
    """The price when the run was submitted; None where its class had none."""
    try:
        return float(tags[PRICE])
    except (KeyError, ValueError):  # none, `unknown`, or what somebody wrote by hand
        return None


def run_price(tags: Mapping[str, str], prices: Mapping[str, float]) -> float | None:
    """Per hour of a run: its price at submit, or that of its route in `prices` where its class had none then."""
    submitted = price_per_hour(tags)
    return prices.get(tags.get(ROUTE, "")) if submitted is None else submitted
