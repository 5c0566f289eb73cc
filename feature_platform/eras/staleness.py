"""Which of an era's stored datasets are out of date, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from feature_platform.eras.era import EraRecord
from feature_platform.storage.frames import Manifest

Freshness = Literal["missing", "stale_data", "stale_input", "stale_settings", "stale_code", "fresh"]


@dataclass(frozen=True)
class EraState:
    """How fresh each of an era's datasets is.

    `skipped` says why the era is to be left alone for now, whatever its datasets: it was superseded, it was not
    counted yet, or it holds no readings.
    """

    era_id: str
    datasets: dict[str, Freshness]
    skipped: str | None

    @property
    def due(self) -> tuple[str, ...]:
        """Datasets to compute without being asked: those that are missing, or of other data."""
        return self._of("missing", "stale_data")

    @property
    def outdated(self) -> tuple[str, ...]:
        """Datasets of other settings, code or input: reported, and computed again only on request."""
        return self._of("stale_input", "stale_settings", "stale_code")

    def _of(self, *wanted: Freshness) -> tuple[str, ...]:
        if self.skipped is not None:
            return ()
        return tuple(name for name, freshness in self.datasets.items() if freshness in wanted)


def assess(
    record: EraRecord,
    manifests: Mapping[str, Manifest | None],
    *,
    settings_versions: Mapping[str, str],
    code_versions: Mapping[str, str],
    inputs: Mapping[str, str] | None = None,
) -> EraState:
    """Compare an era's stored datasets with its data and with the settings and code that would write them now.

    Parameters
    ----------
    manifests
        Each dataset's manifest, None where it was never written.
    settings_versions, code_versions
        Each dataset's versions as of now; a dataset without one is not held to it.
    inputs
        For a dataset the name of the one that it is computed from, where that is among the manifests.
    """
    upstream = inputs or {}
    datasets = {
        name: _freshness(
            record,
            manifest,
            settings_version=settings_versions.get(name),
            code_version=code_versions.get(name),
            source=manifests.get(upstream.get(name, "")),
        )
        for name, manifest in manifests.items()
    }
    return EraState(record.era_id, datasets, _skipped(record))


def _skipped(record: EraRecord) -> str | None:
    if record.superseded_at is not None:
        return f"superseded by {', '.join(record.superseded_by) or 'no era'}"
    if record.row_count is None:
        return "not counted yet"
    return "holds no readings" if record.row_count == 0 else None


def _freshness(
    record: EraRecord,
    manifest: Manifest | None,
    *,
    settings_version: str | None,
    code_version: str | None,
    source: Manifest | None,
) -> Freshness:
    if manifest is None:
        return "missing"
    # A result of a later revision than the record's is not stale: the record was read before the data came.
    if manifest.data_version != record.data_version and manifest.data_revision <= record.data_revision:
        return "stale_data"
    if settings_version is not None and manifest.settings_version != settings_version:
        return "stale_settings"
    if code_version is not None and manifest.code_version != code_version:
        return "stale_code"
    if source is not None and manifest.input_version != source.version:
        return "stale_input"
    return "fresh"
