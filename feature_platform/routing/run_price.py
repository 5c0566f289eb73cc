"""What an hour of a run costs, as its tags say it."""

from collections.abc import Mapping

from feature_platform.routing.tags import PRICE

SECONDS_PER_HOUR = 3600
UNKNOWN_PRICE = "unknown"
"""Always written where there are prices, for a retry's copy of its parent's would pass for its own."""


def price_per_hour(tags: Mapping[str, str]) -> float | None:
    """The price when the run was submitted; None where its class had none."""
    try:
        return float(tags[PRICE])
    except (KeyError, ValueError):  # none, `unknown`, or what somebody wrote by hand
        return None
