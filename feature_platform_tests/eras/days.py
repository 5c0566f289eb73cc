"""Small eras for tests: days of January 2024, cut at UTC midnight."""

from datetime import UTC, datetime, timedelta

from feature_platform.eras.era import Era, Level

JANUARY = datetime(2024, 1, 1, tzinfo=UTC)


def days(first: int, end: int, *, level: Level = "declared", source: str = "demo", label: str | None = None) -> Era:
    """The era from the first day to before the end day."""
    return Era(
        source=source,
        level=level,
        start=JANUARY + timedelta(days=first - 1),
        end=JANUARY + timedelta(days=end - 1),
        label=label,
    )
