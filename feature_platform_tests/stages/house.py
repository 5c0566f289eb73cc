"""A small greenhouse for the stages: a tiny source whose cells a test may change, taken in and cut."""

from collections.abc import Callable, Mapping
from pathlib import Path

from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.outcome import CheckOutcome, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import TinySource, tiny_source

STAGES: Mapping[str, Callable[[Platform, str], StageOutcome]] = {
    raw_readings.DATASET: raw_readings.slice_readings,
    preprocessed_frame.DATASET: preprocessed_frame.build_frame,
    tsfresh_features.DATASET: tsfresh_features.compute_features,
    selected_features.DATASET: selected_features.project_features,
}
ROWS_A_DAY = 144

Change = Callable[[int, list[str]], list[str]]
"""Of a row's number and its cells the cells to write."""


def house(folder: Path, *, days: int = 10, change: Change | None = None, **description: object) -> TinySource:
    """A source with eras of five days, its CSV's rows changed one by one."""
    source = tiny_source(folder, days=days, **description)
    if change is not None:
        file = folder / "tiny-0.csv"
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        changed = [";".join(change(number, row.split(";"))) for number, row in enumerate(rows)]
        file.write_text("\n".join([header, *changed]) + "\n", encoding="utf-8")
    return source


def take_in(platform: Platform, source: TinySource) -> list[str]:
    """Register, import and cut; the ids of the eras with readings, by start."""
    description = load_description(source.yaml)
    take_in_description(platform, description)
    return [record.era_id for record in platform.catalogue.eras(source=source.name) if record.row_count]


def take_in_description(platform: Platform, description: SourceDescription) -> None:
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    cut_source(platform, description.source)


def run_stages(platform: Platform, era_id: str) -> dict[str, StageOutcome]:
    """All four stages of an era."""
    return {name: stage(platform, era_id) for name, stage in STAGES.items()}


def check(outcome: StageOutcome, name: str) -> CheckOutcome:
    """One of a stage's checks."""
    (found,) = (found for found in outcome.checks if found.name == name)
    return found


def without(column: int, first: int = 0, end: int | None = None) -> Change:
    """Empty one column's cells from one row on, to another."""

    def change(row: int, cells: list[str]) -> list[str]:
        inside = row >= first and (end is None or row < end)
        return [*cells[:column], "", *cells[column + 1 :]] if inside else cells

    return change
