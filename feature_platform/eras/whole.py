"""One era that holds all readings of a source."""

from datetime import UTC, datetime, timedelta

from feature_platform.eras.era import Era


def whole_era(source: str, first: datetime, last: datetime) -> Era:
    """The era from the minute of the first reading to the end of the minute of the last, both included."""
    start, end = (moment.astimezone(UTC).replace(second=0, microsecond=0) for moment in (first, last))
    return Era(source=source, level="whole", start=start, end=end + timedelta(minutes=1))
