"""A source's eras, cut as its settings ask."""

from datetime import datetime

from feature_platform.eras.calendar import calendar_eras
from feature_platform.eras.declared import declared_eras
from feature_platform.eras.era import Era, Level
from feature_platform.eras.settings import EraSettings
from feature_platform.eras.whole import whole_era
from feature_platform.errors import EraError
from feature_platform.sources.description import SourceDescription
from feature_platform.storage.readings import ReadingsStore


def cut_eras(description: SourceDescription, store: ReadingsStore, *, settings: EraSettings) -> dict[Level, list[Era]]:
    """Eras by level, each level's sorted by start and without overlap.

    A declared file is looked for in the description's folder unless its path is absolute.

    Raises
    ------
    EraError
        If the source has no readings, or they cannot be cut like that.
    """
    source, zone = description.source, description.time.zone
    span = store.span(source)
    if span is None:
        raise EraError(f"source {source!r} has no readings yet; import it first, or check its files and its times")
    match settings.method:
        case "calendar":
            return {"calendar": _calendar(source, *span, settings=settings, zone=zone)}
        case "declared":
            if settings.file is None:
                raise EraError(f"source {source!r}: declared eras need a file; write declared:FILE or eras: file: FILE")
            return {"declared": declared_eras(source, description.folder / settings.file, zone=zone)}
        case "detected":
            from feature_platform.eras.detection import detect_eras  # noqa: PLC0415 - slow to import; only detection needs scipy

            return detect_eras(source, store, settings, zone=zone, sensors=description.sensors)
        case "whole":
            return {"whole": [whole_era(source, *span)]}


def _calendar(source: str, first: datetime, last: datetime, *, settings: EraSettings, zone: str) -> list[Era]:
    eras = calendar_eras(source, first, last, unit=settings.unit, zone=zone)
    if len(eras) > settings.ceiling:
        raise EraError(
            f"source {source!r}: its readings from {first:%Y-%m-%d} to {last:%Y-%m-%d} hold {len(eras)} eras of unit "
            f"{settings.unit}, more than the ceiling of {settings.ceiling}; use a longer unit, or raise ceiling"
        )
    return eras
