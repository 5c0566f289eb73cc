"""Which compute class a run belongs to: decided from the readings of its eras alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from feature_platform.errors import RoutingError

DEFAULT_THRESHOLD = 1_000_000
DEFAULT_CLASS = "cpu"
LARGE_CLASS = "gpu"

NAMES_SHOWN = 3
LOWEST_PRIORITY = -1_000_000_000


@dataclass(frozen=True)
class Route:
    """A compute class, the readings of all eras that are counted, and why this class."""

    compute: str
    rows: int
    reason: str

    @property
    def priority(self) -> int:
        """A queue priority: the more readings, the higher, and always below 0.

        People set small numbers, and a run without eras has 0: both go before every priority from here.
        """
        return min(LOWEST_PRIORITY + self.rows, -1)


def decide(
    row_counts: Mapping[str, int | None],
    *,
    threshold: int = DEFAULT_THRESHOLD,
    forced: str | None = None,
    classes: Collection[str] = (DEFAULT_CLASS, LARGE_CLASS),
    default: str = DEFAULT_CLASS,
    large: str = LARGE_CLASS,
) -> Route:
    """Choose the class by the largest single era of a run, never by the sum of many small ones.

    Parameters
    ----------
    row_counts
        Readings by era id; None where the era was never counted.
    threshold
        An era of this many readings or more is `large`.
    forced
        The user's choice, which wins. One that is none of `classes` would never be launched as meant, so it is
        refused: the run goes to `default`, and the reason says why, rather than fail or go where the rows say.

    Raises
    ------
    RoutingError
        If `default` or `large` is none of `classes`.
    """
    for compute in (default, large):
        if compute not in classes:
            raise RoutingError(f"compute class {compute!r} is none of {_listed(classes)}; name one of them")
    counted = {era_id: rows for era_id, rows in row_counts.items() if rows is not None}
    unknown = sorted(set(row_counts) - set(counted))
    rows = sum(counted.values())
    if forced is not None:
        if forced in classes:
            return Route(forced, rows, "forced")
        return Route(default, rows, f"forced class {forced!r} is none of {_listed(classes)}")
    if not row_counts:
        return Route(default, rows, "no era")
    largest, most = max(counted.items(), key=lambda item: item[1], default=("", -1))
    if most >= threshold:
        return Route(large, rows, f"{largest} has {most:,} readings, at least {threshold:,}")
    if unknown:
        return Route(default, rows, f"not counted: {_shortened(unknown)}")
    return Route(default, rows, f"largest era has {most:,} readings, below {threshold:,}")


def _listed(classes: Collection[str]) -> str:
    return ", ".join(sorted(classes))


def _shortened(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"
