"""Era datasets: immutable Parquet files, each era's current one named by the last manifest of its log."""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from feature_platform.errors import StorageError
from feature_platform.storage.last_table import LAST, Collected
from feature_platform.storage.log import CommitLog, LostRaceError
from feature_platform.storage.parquet_stream import DIGEST, ParquetFile, write_parquet_stream
from feature_platform.storage.root import StorageRoot

MAXIMUM_TRIES = 20


class StaleWriteError(StorageError):
    """The era already holds a result of newer data."""


@dataclass(frozen=True)
class Manifest:
    """What one era's stored dataset is and came from.

    `data_revision` is the catalogue's count of the era's data versions; `input_version` is the `version` of the
    dataset that this one was computed from.
    """

    dataset: str
    era_id: str
    version: str
    file: str
    rows: int
    columns: int
    bytes: int
    schema_hash: str
    data_version: str
    data_revision: int
    input_version: str
    settings_version: str
    code_version: str
    engine: str
    recorded_at: datetime
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Manifest":
        """Rebuild a manifest from its log entry."""
        return cls(**{**entry, "recorded_at": datetime.fromisoformat(entry["recorded_at"])})

    def to_json(self) -> dict[str, Any]:
        """The manifest as its log entry."""
        return {**asdict(self), "recorded_at": self.recorded_at.isoformat()}


@dataclass(frozen=True)
class Provenance:
    """What a writer must say of a dataset beside its rows."""

    data_version: str
    data_revision: int
    input_version: str
    settings_version: str
    code_version: str
    engine: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EraDatasets:
    """Read and write one table per dataset and era under `<root>/<dataset>/era_id=<id>/`."""

    root: StorageRoot

    def write(self, dataset: str, era_id: str, table: pl.DataFrame, provenance: Provenance) -> Manifest:
        """Store a table and commit it as the era's current one.

        Raises
        ------
        StaleWriteError
            If the era's current manifest is of a newer data revision.
        StorageError
            If it cannot be written; what was there before stays current.
        """
        buffer = io.BytesIO()
        table.write_parquet(buffer, compression="zstd", statistics=True)
        content = buffer.getvalue()
        file = ParquetFile(_digest(content), table.height, table.schema, len(content))
        self._refuse_stale(dataset, era_id, self.manifest(dataset, era_id), provenance)
        self.root.write(_file_name(dataset, era_id, file), content)
        manifest = self._commit(dataset, era_id, file, provenance)
        LAST.hold(self.root.path(manifest.file), table)
        return manifest

    def write_stream(
        self,
        dataset: str,
        era_id: str,
        schema: pl.Schema,
        tables: Iterable[pl.DataFrame],
        provenance: Provenance,
        *,
        settled: Callable[[Provenance], Provenance] = lambda provenance: provenance,
    ) -> Manifest:
        """Store a table that comes some rows at a time, and commit it as the era's current one.

        Rows are kept in memory only as far as `last_table` may hold them.

        `settled` adds to the provenance what is known once the last table is there, such as the engine that ran.

        Raises
        ------
        StaleWriteError, StorageError
            As `write` does; also what `tables` raises. Nothing is stored then.
        """
        self._refuse_stale(dataset, era_id, self.manifest(dataset, era_id), provenance)
        collected = Collected(tables)
        with self.root.scratch(_folder(dataset, era_id)) as path:
            file = write_parquet_stream(path, schema, collected)
            self.root.keep(path, _file_name(dataset, era_id, file))
        manifest = self._commit(dataset, era_id, file, settled(provenance))
        LAST.hold(self.root.path(manifest.file), collected.table)
        return manifest

    def _commit(self, dataset: str, era_id: str, file: ParquetFile, provenance: Provenance) -> Manifest:
        log = CommitLog(self.root, f"{_folder(dataset, era_id)}/manifests")
        for _ in range(MAXIMUM_TRIES):
            numbers = log.numbers()
            current = Manifest.from_json(log.read(numbers[-1])) if numbers else None
            self._refuse_stale(dataset, era_id, current, provenance)
            manifest = Manifest(
                dataset=dataset,
                era_id=era_id,
                version=file.digest,
                file=_file_name(dataset, era_id, file),
                rows=file.rows,
                columns=len(file.schema),
                bytes=file.bytes,
                schema_hash=_schema_hash(file.schema),
                data_version=provenance.data_version,
                data_revision=provenance.data_revision,
                input_version=provenance.input_version,
                settings_version=provenance.settings_version,
                code_version=provenance.code_version,
                engine=provenance.engine,
                recorded_at=datetime.now(UTC),
                details=provenance.details,
            )
            try:
                log.append(manifest.to_json(), number=(numbers[-1] if numbers else 0) + 1)
            except LostRaceError:
                continue
            return manifest
        raise StorageError(f"{dataset} of era {era_id}: {MAXIMUM_TRIES} other writers committed first; run it again")

    def manifest(self, dataset: str, era_id: str, *, as_of: datetime | None = None) -> Manifest | None:
        """The era's current manifest, or the one that was current at `as_of`; None where there is none."""
        log = CommitLog(self.root, f"{_folder(dataset, era_id)}/manifests")
        for number in reversed(log.numbers()):
            manifest = Manifest.from_json(log.read(number))
            if as_of is None or manifest.recorded_at <= as_of:
                return manifest
        return None

    def known_since(self, manifest: Manifest) -> datetime:
        """When the content that an era's current manifest names became current, however often it was recorded since."""
        log = CommitLog(self.root, f"{_folder(manifest.dataset, manifest.era_id)}/manifests")
        since = manifest.recorded_at
        for number in reversed(log.numbers()):
            earlier = Manifest.from_json(log.read(number))
            if earlier.version != manifest.version:
                break
            since = min(since, earlier.recorded_at)
        return since

    def read(self, manifest: Manifest, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows that a manifest names; by default all their columns.

        Raises
        ------
        StorageError
            If the file is missing or damaged.
        """
        wanted = None if columns is None else list(columns)
        held = self._held(manifest)
        if held is not None:
            return held if wanted is None else held.select(wanted)
        return pl.read_parquet(io.BytesIO(self._content(manifest)), columns=wanted)

    def scan(self, manifest: Manifest) -> pl.LazyFrame:
        """The rows that a manifest names, for a plan: a GPU reads a local file straight into its memory.

        Raises
        ------
        StorageError
            If the file is missing or damaged.
        """
        held = self._held(manifest)
        if held is not None:
            return held.lazy()
        if not self.root.is_local:
            return self.read(manifest).lazy()
        self._content(manifest)
        return pl.scan_parquet(self.root.path(manifest.file))

    def _held(self, manifest: Manifest) -> pl.DataFrame | None:
        held = LAST.find(self.root.path(manifest.file))
        # A file that was cut or removed since must not go unnoticed until another process reads it.
        return held if held is not None and self.root.size(manifest.file) == manifest.bytes else None

    def _content(self, manifest: Manifest) -> bytes:
        content = self.root.read(manifest.file)
        if _digest(content) != manifest.version:
            raise StorageError(
                f"{self.root.path(manifest.file)}: is damaged (its content is not what was written); materialize "
                f"{manifest.dataset} of era {manifest.era_id} again"
            )
        return content

    def require(self, dataset: str, era_id: str) -> Manifest:
        """The era's current manifest.

        Raises
        ------
        StorageError
            If the era has no such dataset yet.
        """
        manifest = self.manifest(dataset, era_id)
        if manifest is None:
            raise StorageError(f"era {era_id} has no {dataset} yet; materialize {dataset} for that era first")
        return manifest

    def eras(self, dataset: str) -> list[str]:
        """Ids of the eras that have this dataset, sorted."""
        return [name.removeprefix("era_id=") for name in self.root.names(dataset) if name.startswith("era_id=")]

    @staticmethod
    def _refuse_stale(dataset: str, era_id: str, current: Manifest | None, provenance: Provenance) -> None:
        if current is not None and current.data_revision > provenance.data_revision:
            raise StaleWriteError(
                f"{dataset} of era {era_id}: data revision {current.data_revision} is already stored, revision "
                f"{provenance.data_revision} is older; nothing was replaced"
            )


def _folder(dataset: str, era_id: str) -> str:
    return f"{dataset}/era_id={era_id}"


def _file_name(dataset: str, era_id: str, file: ParquetFile) -> str:
    return f"{_folder(dataset, era_id)}/{file.digest}.parquet"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST]


def _schema_hash(schema: pl.Schema) -> str:
    text = "\n".join(f"{name}:{dtype}" for name, dtype in schema.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]
