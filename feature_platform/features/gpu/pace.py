"""How many series go into one batch: as many as fit, and no more than are computed within seconds."""

MOST_SECONDS = 2.0
"""What a batch should take: signals are heard between batches, and none may take longer than five seconds."""
FIRST_VALUES = 2**20
"""Of the first batch, whose speed nobody knows."""
GROWTH = 4


class Pace:
    """Finds a batch's size from what earlier ones took, for series of one length and one plan."""

    def __init__(self, length: int) -> None:
        self._wanted = max(FIRST_VALUES // length, 1)

    def series(self, most: int) -> int:
        """Series of the next batch, of which `most` fit into the card's memory."""
        return min(self._wanted, most)

    def took(self, series: int, seconds: float) -> None:
        """Learn from a batch."""
        fitting = int(series * MOST_SECONDS / max(seconds, 1e-9))
        # The last batch of many is small, and tells little of large ones.
        self._wanted = max(min(fitting, max(GROWTH * series, self._wanted)), 1)
