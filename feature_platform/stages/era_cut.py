"""Cut a source's eras, count their readings, and say which are worth a partition."""

from dataclasses import dataclass

from feature_platform.eras.counting import count_eras
from feature_platform.eras.cutting import cut_eras
from feature_platform.eras.era import EraRecord, Level
from feature_platform.eras.era_records import CutReport
from feature_platform.stages.platform import Platform


@dataclass(frozen=True)
class CutOutcome:
    """What one cut of one source changed.

    `eras` are the source's current eras at the levels cut; `changed` those whose readings changed since they were
    last counted; `empty` those without any reading.
    """

    source: str
    reports: dict[Level, CutReport]
    eras: tuple[EraRecord, ...]
    changed: tuple[str, ...]
    empty: tuple[str, ...]

    @property
    def partitions(self) -> list[str]:
        """Ids to offer as partitions: an era that was declared is offered even if empty, so that its run says so."""
        return [
            record.era_id for record in self.eras if record.era_id not in self.empty or record.era.level == "declared"
        ]


def cut_source(platform: Platform, source: str) -> CutOutcome:
    """Cut the source as its description says; count every current era of it anew.

    Raises
    ------
    EraError
        If the source has no readings, or cannot be cut as described.
    """
    description = platform.catalogue.source(source)
    cuts = cut_eras(description, platform.readings, settings=description.eras)
    reports = {
        level: platform.catalogue.record_cut(
            source, level, eras, settings=description.eras.model_dump(mode="json", exclude_none=True)
        )
        for level, eras in cuts.items()
    }
    counts = count_eras(
        platform.readings,
        source,
        [record.era for record in platform.catalogue.eras(source=source)],
        sensors=[sensor.id for sensor in description.sensors],
    )
    changed = platform.catalogue.record_counts(counts)
    eras = tuple(record for record in platform.catalogue.eras(source=source) if record.era.level in cuts)
    return CutOutcome(
        source=source,
        reports=reports,
        eras=eras,
        changed=tuple(changed),
        empty=tuple(record.era_id for record in eras if not record.row_count),
    )
