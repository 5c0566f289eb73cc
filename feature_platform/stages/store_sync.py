"""Bring the feature store in step with the manifests, which are the truth."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from feature_platform.errors import StorageError, StoreError
from feature_platform.stages.platform import Platform
from feature_platform.store.era_values import SELECTED, EraValues, wanted_values
from feature_platform.store.feature_store import FeatureStore
from feature_platform.store.held_eras import HeldEra


@dataclass(frozen=True)
class SyncReport:
    """How many eras were `right` as they were, and ids of those that were not.

    `written` were missing, damaged or of another manifest; `withdrawn` have no selected features any more; `behind`
    are still to be projected onto a pinned selection, so the store keeps what it has of them; `failed` says why an
    era's own values cannot be read.
    """

    right: int
    written: tuple[str, ...]
    withdrawn: tuple[str, ...]
    behind: tuple[str, ...]
    failed: dict[str, str]

    def to_json(self) -> dict[str, object]:
        """The report as one JSON object."""
        return asdict(self)


def sync_store(platform: Platform, *, source: str | None = None) -> SyncReport:
    """Compare every era's manifest with what the feature store holds, and mend the store.

    Raises
    ------
    StoreError
        If no store is configured, it cannot be used, or storage root or catalogue know no era at all but the store
        does: those are wrong ones, and would empty the store.
    """
    store = platform.store
    if store is None:
        raise StoreError(
            "no feature store is configured; set FEATURE_PLATFORM_STORE_URL to postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    records = {record.era_id: record for record in platform.catalogue.eras(source=source, include_superseded=True)}
    with_features = set(platform.datasets.eras(SELECTED))
    held = _by_era(store, source)
    if held and not (records and with_features):
        raise StoreError(
            f"{store} holds {len(held)} eras, but {platform.root.url} or the catalogue know none; check "
            "FEATURE_PLATFORM_STORAGE and FEATURE_PLATFORM_CATALOGUE_URL: nothing was changed"
        )
    gone = sorted(era_id for era_id in held if era_id not in with_features or era_id not in records)
    right, written, behind, failed = 0, [], [], {}
    for era_id in sorted(records.keys() & with_features):
        wanted = wanted_values(platform.datasets, platform.selections, records[era_id].era)
        if wanted is None:
            behind.append(era_id)
        elif _is_right(held.get(era_id, []), wanted):
            right += 1
        else:
            try:
                _rewrite(platform, store, wanted)
            except StoreError:
                raise
            except StorageError as error:
                failed[era_id] = str(error)
            else:
                written.append(era_id)
    store.withdraw(gone, datetime.now(UTC))
    store.mark_superseded({era_id: record.superseded_at for era_id, record in records.items()})
    return SyncReport(right, tuple(written), tuple(gone), tuple(behind), failed)


def _by_era(store: FeatureStore, source: str | None) -> dict[str, list[HeldEra]]:
    held = defaultdict(list)
    for version in store.held(source):
        held[version.era_id].append(version)
    return dict(held)


def _is_right(held: list[HeldEra], wanted: EraValues) -> bool:
    return any(version.is_of(wanted) for version in held) and not any(version.gives_way_to(wanted) for version in held)


def _rewrite(platform: Platform, store: FeatureStore, wanted: EraValues) -> None:
    table = platform.datasets.read(wanted.manifest)
    store.put(
        wanted,
        table,
        still_wanted=lambda: wanted_values(platform.datasets, platform.selections, wanted.era) == wanted,
    )
