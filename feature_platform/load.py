"""Features into a notebook: one table over the eras of a source, as known now or earlier, from either store."""

import difflib
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args, overload

import polars as pl

from feature_platform import home
from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import LEVELS, EraRecord, Level
from feature_platform.errors import EraError, FeatureError, SelectionError, StorageError
from feature_platform.features.columns import WINDOW_END, WINDOW_START, is_feature
from feature_platform.storage.parquet_features import ParquetFeatures
from feature_platform.storage.root import StorageRoot
from feature_platform.storage.selections import Pinned, Scope
from feature_platform.store.reading import StoredFeatures

if TYPE_CHECKING:
    import pandas as pd

Dataset = Literal["selected_features", "tsfresh_features"]

SHOWN = 20


@overload
def load_features(
    *,
    source: str,
    level: str,
    eras: Sequence[str] | None = None,
    as_of: datetime | None = None,
    version: int | None = None,
    feature_set: str | None = None,
    dataset: str = "selected_features",
    storage: str | None = None,
    catalogue: str | None = None,
    store: str | None = None,
    as_pandas: Literal[False] = False,
) -> pl.DataFrame: ...


@overload
def load_features(
    *,
    source: str,
    level: str,
    eras: Sequence[str] | None = None,
    as_of: datetime | None = None,
    version: int | None = None,
    feature_set: str | None = None,
    dataset: str = "selected_features",
    storage: str | None = None,
    catalogue: str | None = None,
    store: str | None = None,
    as_pandas: Literal[True],
) -> "pd.DataFrame": ...


def load_features(
    *,
    source: str,
    level: str,
    eras: Sequence[str] | None = None,
    as_of: datetime | None = None,
    version: int | None = None,
    feature_set: str | None = None,
    dataset: str = "selected_features",
    storage: str | None = None,
    catalogue: str | None = None,
    store: str | None = None,
    as_pandas: bool = False,
) -> "pl.DataFrame | pd.DataFrame":
    """Features of a source's eras of one level: `era_id`, `window_start`, `window_end` (UTC) and a column per feature.

    Parameters
    ----------
    eras
        Ids of the eras wanted; by default all that are current.
    as_of
        Load what was known then: eras that had ended and were current, values as recorded, the selection as pinned.
    version
        A pinned selection; by default the newest. Every era has its columns, null where it lacks one. While none is
        pinned, each era has its own provisional columns.
    feature_set
        `efficient`, or in full `efficient-1a2b3c4d`; by default what the source's description says.
    dataset
        `selected_features`, or `tsfresh_features` for all features that were computed.
    storage, catalogue
        URLs of the storage root and the era catalogue; by default those of the environment or of DAGSTER_HOME.
    store
        `postgres` for the feature store that FEATURE_PLATFORM_STORE_URL names, or its `postgresql://` URL; by default
        the Parquet files of the storage root. It holds what was projected onto a pinned selection, and nothing else.
    as_pandas
        Return a pandas DataFrame instead of a Polars one.

    Warns
    -----
    UserWarning
        If eras lack features (they are named), or no selection is pinned yet.

    Raises
    ------
    FeaturePlatformError
        If the source, level, an era, version or feature set is unknown, or no era has features.
    """
    chosen_level = _level(level)
    if dataset not in get_args(Dataset):
        raise StorageError(f"dataset {dataset!r} holds no features; use {' or '.join(get_args(Dataset))}")
    if as_of is not None and as_of.utcoffset() is None:
        raise StorageError(f"as_of {as_of.isoformat()} has no time zone; write datetime(..., tzinfo=UTC)")
    known = Catalogue(catalogue or home.catalogue_url())
    described = known.source(source).features.scope_name
    records = _records(known, source, chosen_level, eras, as_of)
    stored = _stored(store, storage, dataset, [record.era_id for record in records], as_of)
    if not stored.feature_sets:
        raise StorageError(
            f"no era of source {source!r}, level {chosen_level!r}, has features{_at(as_of)} in {stored.place}; "
            f"{stored.cure}"
        )
    scope = Scope(source, chosen_level, _feature_set(stored.feature_sets, feature_set, described))
    pinned = _pinned(stored, scope, version, as_of, wanted=dataset == "selected_features")
    found = stored.tables(scope, pinned)
    missing = [record.era_id for record in records if record.era_id not in found]
    tables = [_projected(found[record.era_id], record.era_id, pinned) for record in records if record.era_id in found]
    _warn_of(missing, scope, dataset, provisional=dataset == "selected_features" and pinned is None)
    if not tables:
        raise StorageError(f"no era of {scope} has {dataset}{_at(as_of)} in {stored.place}; {stored.cure}")
    table = pl.concat(tables, how="diagonal")
    return table.to_pandas() if as_pandas else table


def _stored(
    store: str | None, storage: str | None, dataset: str, era_ids: Sequence[str], as_of: datetime | None
) -> ParquetFeatures | StoredFeatures:
    if store is None:
        return ParquetFeatures(StorageRoot(storage or home.storage_url()), dataset, era_ids, as_of)
    if dataset != "selected_features":
        raise StorageError(f"the feature store holds no {dataset}; leave store out, or load selected_features")
    if storage is not None:
        raise StorageError("storage and store are two places to load from; leave one of them out")
    url = home.store_url() if store == "postgres" else store
    if url is None:
        raise StorageError(
            f"store='postgres' needs {home.STORE_VARIABLE}; set it to postgresql://USER:PASSWORD@HOST:PORT/NAME"
        )
    return StoredFeatures(url, era_ids, as_of)


def _records(
    catalogue: Catalogue, source: str, level: Level, wanted: Sequence[str] | None, as_of: datetime | None
) -> list[EraRecord]:
    """The eras asked for; all current ones with readings by default, superseded ones only by id."""
    known = catalogue.eras(source=source, level=level, as_of=as_of, include_superseded=wanted is not None)
    ended = [record for record in known if as_of is None or record.era.end <= as_of]
    if wanted is None:
        found = [record for record in ended if record.row_count != 0]
        if not found:
            raise EraError(
                f"source {source!r} has no era of level {level!r} with readings{_at(as_of)}; see "
                "`feature-platform eras list`"
            )
        return found
    by_id = {record.era_id: record for record in ended}
    unknown = [era_id for era_id in wanted if era_id not in by_id]
    if unknown:
        near = difflib.get_close_matches(unknown[0], by_id, n=3, cutoff=0.3)
        raise EraError(
            f"era {unknown[0]!r} is no era of source {source!r}, level {level!r}{_at(as_of)}; "
            + (f"the nearest ids are {', '.join(near)}" if near else "see `feature-platform eras list`")
        )
    return [by_id[era_id] for era_id in dict.fromkeys(wanted)]


def _feature_set(stored: set[str], wanted: str | None, described: str) -> str:
    """The feature set meant: the only one that fits, or the source's present one."""
    fitting = sorted(name for name in stored if wanted is None or name == wanted or name.startswith(f"{wanted}-"))
    if described in fitting:
        return described
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise FeatureError(f"features of several sets are stored; name one: feature_set={' or '.join(fitting)}")
    raise FeatureError(f"no features of the set {wanted!r} are stored; there are {', '.join(sorted(stored))}")


def _pinned(
    stored: ParquetFeatures | StoredFeatures, scope: Scope, version: int | None, as_of: datetime | None, *, wanted: bool
) -> Pinned | None:
    if version is None:
        return stored.latest(scope) if wanted else None
    found = stored.version(scope, version)
    if as_of is not None and found.pinned_at > as_of:
        raise SelectionError(
            f"selection {found.label} of {scope} was pinned at {found.pinned_at:%Y-%m-%d %H:%M} UTC, after as_of "
            f"{as_of:%Y-%m-%d %H:%M %Z}; leave version out to get the one that was pinned then"
        )
    return found


def _projected(table: pl.DataFrame, era_id: str, pinned: Pinned | None) -> pl.DataFrame:
    present = dict.fromkeys(table.columns)
    columns = [name for name in present if is_feature(name)] if pinned is None else pinned.columns
    return table.select(
        pl.lit(era_id).alias("era_id"),
        WINDOW_START,
        WINDOW_END,
        *(pl.col(name) if name in present else pl.lit(None, pl.Float64).alias(name) for name in columns),
    )


def _warn_of(missing: Sequence[str], scope: Scope, dataset: str, *, provisional: bool) -> None:
    if missing:
        listed = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
        warnings.warn(f"{len(missing)} eras of {scope} lack {dataset}: {listed}", stacklevel=3)
    if provisional:
        warnings.warn(
            f"no selection of {scope} is pinned: the columns are provisional, each era's own; run feature_selection",
            stacklevel=3,
        )


def _level(level: str) -> Level:
    for known in LEVELS:
        if known == level:
            return known
    raise EraError(f"level {level!r} is none of {', '.join(LEVELS)}")


def _at(as_of: datetime | None) -> str:
    return "" if as_of is None else f" as of {as_of:%Y-%m-%d %H:%M %Z}"
