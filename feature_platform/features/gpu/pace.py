"""How many series go into one batch: as many as fit, and no more than are computed within seconds."""

MOST_SECONDS = 2.0
"""What a batch should take: signals are heard between batches, and none may take longer than five seconds."""
FIRST_VALUES = 2**20
"""Of the first batch, whose speed nobody knows."""
GROWTH = 4


class Pace:
    """Finds a batch's size from what earlier ones took.

    Parameters
    ----------
    length
        Values of a series.
    most
        Series that fit into the card's memory.
    """

    def __init__(self, length: int, most: int) -> None:
        self._most = most
        self._wanted = max(FIRST_VALUES // length, 1)

    @property
    def series(self) -> int:
        """Series of the next batch; 0 where none fits."""
        return min(self._wanted, self._most)

    def took(self, series: int, seconds: float) -> None:
        """Learn from a batch."""
        fitting = int(series * MOST_SECONDS / max(seconds, 1e-9))
        self._wanted = max(min(fitting, GROWTH * series), 1)

    def halve(self, series: int) -> None:
        """Learn that a batch of so many found no room."""
        self._most = series // 2
