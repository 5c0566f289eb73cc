"""What there is of a source, and deleting its files."""

from collections.abc import Iterator
from dataclasses import dataclass

from feature_platform.sources.description import SOURCE_NAME
from feature_platform.stages.datasets import DATASETS
from feature_platform.stages.platform import Platform
from feature_platform.storage.selections import FOLDER as SELECTIONS


@dataclass(frozen=True)
class SourceTraces:
    """What there is of a source; `stored` are versions of eras and selections in the feature store."""

    eras: int
    files: int
    bytes: int
    stored: int


def source_traces(platform: Platform, source: str) -> SourceTraces:
    """What there is of a source, registered or left of a removal that was interrupted.

    Raises
    ------
    EraError
        If there is nothing, not even its name.
    """
    traces = SourceTraces(0, 0, 0, 0)
    if SOURCE_NAME.fullmatch(source):  # else it could name another folder
        files = [file for folder in _folders(platform, source) for file in platform.root.files(folder)]
        traces = SourceTraces(
            eras=len(platform.catalogue.eras(source=source, include_superseded=True)),
            files=len(files),
            bytes=sum(file.bytes for file in files),
            stored=0 if platform.store is None else platform.store.count(source),
        )
    if traces == SourceTraces(0, 0, 0, 0):
        platform.catalogue.source_version(source)
    return traces


def delete_source_files(platform: Platform, source: str) -> None:
    """Delete a source's readings, its eras' datasets and its selections; logs first, so that none names what is gone.

    Raises
    ------
    StorageError
        If the storage root cannot be written; deleting again goes on from there.
    """
    for folder in _folders(platform, source):
        for log in ("manifests", "imports"):
            platform.root.delete(f"{folder}/{log}")
        platform.root.delete(folder)


def _folders(platform: Platform, source: str) -> Iterator[str]:
    for dataset in DATASETS:
        for era_id in platform.datasets.eras(dataset):
            if era_id.startswith(f"{source}."):
                yield f"{dataset}/era_id={era_id}"
    yield f"{SELECTIONS}/source={source}"
    yield f"source_readings/source={source}"
