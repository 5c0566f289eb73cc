"""The filters that look at one column alone: missing share and variance."""

from dataclasses import dataclass
from typing import Literal

from feature_platform.selection.profile import Profile

Reason = Literal["missing", "variance", "correlation", "relevance"]


@dataclass(frozen=True)
class Drop:
    """A column that is not selected, by which filter, why in words, and for which kept column if for one."""

    column: str
    reason: Reason
    detail: str
    kept_column: str | None = None


def find_missing(profile: Profile, *, maximum: float) -> list[Drop]:
    """Columns of whose rows more than a share of `maximum` is missing, and those that have no value at all."""
    drops = []
    for column, count in zip(profile.columns, profile.count.tolist(), strict=True):
        share = 1 - count / profile.rows
        if share > maximum or not count:
            drops.append(Drop(column, "missing", f"{share:.1%} of {profile.rows} rows missing, at most {maximum:.1%}"))
    return drops


def find_constant(profile: Profile, *, minimum: float) -> list[Drop]:
    """Columns whose variance, as a share of their mean square, is not above `minimum`; constant ones always."""
    drops = []
    for column, low, high, variance in zip(
        profile.columns, profile.low.tolist(), profile.high.tolist(), profile.relative_variance.tolist(), strict=True
    ):
        if low == high:
            drops.append(Drop(column, "variance", f"constant at {low:.6g}"))
        elif not variance > minimum:
            drops.append(Drop(column, "variance", f"relative variance {variance:.3g}, must be above {minimum:.3g}"))
    return drops
