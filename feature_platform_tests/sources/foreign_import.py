"""Files through `inspect`, its YAML and the import, as a user would take them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.sources.importing import import_source
from feature_platform.sources.inspection.propose import propose_description
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.sources.foreign_exports import Reading, Style

EVER = (datetime(1960, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def inspected(folder: Path, files: Sequence[Path], *, zone: str | None = None) -> tuple[SourceDescription, str]:
    """The proposed description, read back from its YAML, and the YAML."""
    proposal = propose_description(files, zone=zone)
    yaml = folder / "source.yaml"
    yaml.write_text(proposal.to_yaml(), encoding="utf-8")
    described = load_description(yaml)
    assert described.model_copy(update={"folder": Path()}) == proposal.description
    return described, yaml.read_text(encoding="utf-8")


def imported(folder: Path, described: SourceDescription) -> ReadingsStore:
    """A store that holds what the description imports."""
    store = ReadingsStore(StorageRoot(str(folder / "root")))
    import_source(described, store)
    return store


def readings_by_column(store: ReadingsStore, described: SourceDescription, style: Style) -> list[Reading]:
    """What was stored, each sensor by its place among the sensors of a written export."""
    width = len(described.sensors) + len(style.clock)
    columns = [n for n in range(width) if not style.clock_at <= n < style.clock_at + len(style.clock)]
    places = {sensor.id: columns.index(sensor.column or 0) for sensor in described.sensors}
    rows = store.scan(described.source, *EVER).collect().rows()
    return sorted((places[sensor], time.astimezone(UTC), value) for sensor, time, value in rows)
