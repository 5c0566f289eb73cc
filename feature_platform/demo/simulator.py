"""A simulated greenhouse year as a climate computer's export, with its description and its declared eras."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from feature_platform.demo.clock import STEP, ZONE
from feature_platform.demo.crops import operating_periods
from feature_platform.demo.export import TIME_FORMAT, csv_export
from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.year import simulate
from feature_platform.eras.settings import EraSettings
from feature_platform.errors import SourceError
from feature_platform.features.settings import FeatureSetName, FeatureSettings
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import CsvDialect, SourceDescription, TimeColumns

SOURCE = "demo"
CSV_NAME, ERAS_NAME, SOURCE_NAME = "greenhouse-simulated.csv", "eras-simulated.yaml", "source.yaml"
MARK = "A SIMULATED greenhouse: no value in it was measured."


@dataclass(frozen=True)
class DemoFiles:
    """Where the demo's three files lie; the description names the other two."""

    source_yaml: Path
    csv: Path
    eras_yaml: Path


def write_demo(folder: Path, *, seed: int = 2024, feature_set: FeatureSetName = "efficient") -> DemoFiles:
    """Simulate a greenhouse year and write its export, description and declared eras into a folder.

    The same seed gives the same bytes. Files of an earlier demo there are replaced, each in one step.

    Raises
    ------
    SourceError
        If the folder cannot be written, or holds a source description that is no demo's.
    """
    files = DemoFiles(folder / SOURCE_NAME, folder / CSV_NAME, folder / ERAS_NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if files.source_yaml.exists() and not files.source_yaml.read_bytes().startswith(f"# {MARK}".encode()):
            raise SourceError(
                f"{files.source_yaml}: is not a demo's description; write the demo into a folder of its own"
            )
        simulation = simulate(seed=seed)
        _replace(files.csv, csv_export(simulation))
        _replace(files.eras_yaml, _eras(seed).encode())
        _replace(files.source_yaml, _description(seed, feature_set).encode())
    except OSError as error:
        raise SourceError(
            f"{folder}: the demo cannot be written there ({error.strerror}); name a folder that you may write, "
            "on a disk with 20 MB free"
        ) from error
    return files


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _eras(seed: int) -> str:
    eras = [
        {"start": f"{period.start:%Y-%m-%d %H:%M}", "end": f"{period.end:%Y-%m-%d %H:%M}", "label": period.label}
        for period in operating_periods()
    ]
    return _commented(
        ["Operating periods of the SIMULATED greenhouse, in its local time.", f"Written from seed {seed}."], eras
    )


def _description(seed: int, feature_set: FeatureSetName) -> str:
    description = SourceDescription(
        source=SOURCE,
        simulated=True,
        format="csv",
        files=(CSV_NAME,),
        csv=CsvDialect(delimiter=";", decimal=",", header_rows=3),
        time=TimeColumns(columns=(0,), format=TIME_FORMAT, zone=ZONE),
        sensors=tuple(item.describe(column) for column, item in enumerate(INSTRUMENTS, start=1)),
        eras=EraSettings(method="declared", file=ERAS_NAME),
        preprocessing=PreprocessingSettings(step=STEP),
        features=FeatureSettings(feature_set=feature_set),
    )
    content = description.model_dump(mode="json", exclude={"folder"}, exclude_defaults=True)
    return _commented(
        [
            MARK,
            f"Written by feature_platform.demo from seed {seed}; the same seed writes the same files.",
        ],
        content,
    )


def _commented(comments: Sequence[str], content: object) -> str:
    body: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    return "".join(f"# {line}\n" for line in comments) + body
