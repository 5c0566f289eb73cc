"""Names of any kind, from the file to the selected features: they are shown as they are and break nothing."""

import csv
import io
from pathlib import Path

import pytest

from feature_platform.sources.description import load_description
from feature_platform.sources.inspection.propose import propose_description
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform.stages.selected_features import project_features
from feature_platform_tests.stages.house import run_stages, take_in_description
from feature_platform_tests.tiny_source import tiny_source

NAMES = [
    'say "hi"',
    "a;b",
    "air__temp",
    "../../etc/passwd",
    "a/b\\c",
    "\U0001f345 tomato",
    "x" * 300,
    "Über Öl",
    "uber ol",
    "[/red] '; DROP TABLE eras; --",
]
LABEL = '\U0001f345 "late"; [/bold] ../.. <b> {x}, ' + "y" * 300


def export(folder: Path) -> Path:
    """A CSV with a column of each name, after the values of a tiny source."""
    rows = list(csv.reader(io.StringIO((folder / "tiny-0.csv").read_text(encoding="utf-8")), delimiter=";"))
    file = folder / "odd.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(["time", *NAMES])
        for number, row in enumerate(rows[1:]):
            writer.writerow([row[0], *(float(row[1]) + place + number % (3 + place) for place in range(len(NAMES)))])
    return file


@pytest.fixture
def odd(tmp_path: Path, platform: Platform) -> Platform:
    """The export as inspect proposes it, over two declared eras with odd labels."""
    folder = tmp_path / "source"
    tiny_source(folder, days=6)
    proposed = propose_description([export(folder)], source="odd", zone="UTC")
    path = folder / "odd.yaml"
    path.write_text(proposed.to_yaml(), encoding="utf-8")
    quoted = '"' + LABEL.replace('"', '""') + '"'
    eras = f"start,end,label\n2024-03-01,2024-03-04,{quoted}\n2024-03-04,2024-03-07,{quoted}\n"
    (folder / "eras.csv").write_text(eras, encoding="utf-8")
    description = load_description(path)
    settings = description.eras.model_copy(update={"method": "declared", "file": "eras.csv"})
    features = description.features.model_copy(update={"feature_set": "minimal"})
    take_in_description(platform, description.model_copy(update={"eras": settings, "features": features}))
    return platform


def test_every_name_becomes_a_sensor_of_its_own_and_keeps_its_text(odd: Platform) -> None:
    sensors = odd.catalogue.source("odd").sensors
    assert len({sensor.id for sensor in sensors}) == len(NAMES)
    assert all("__" not in sensor.id and len(sensor.id) <= 128 for sensor in sensors)
    assert [sensor.header[0] for sensor in sensors] == NAMES


def test_they_reach_selected_features_with_their_eras_labels(odd: Platform) -> None:
    records = odd.catalogue.eras(source="odd")
    assert [record.era.label for record in records] == [LABEL, LABEL]
    sensors = {sensor.id for sensor in odd.catalogue.source("odd").sensors}
    for record in records:
        outcomes = run_stages(odd, record.era_id)
        assert LABEL in str(outcomes["raw_readings"].metadata["era"])
        features = odd.datasets.read(outcomes["tsfresh_features"].manifest)
        assert {name.partition("__")[0] for name in features.columns if "__" in name} == sensors
        assert all(check.passed for outcome in outcomes.values() for check in outcome.checks)
    (scope,) = scopes(odd)
    pin_selection(odd, scope)
    assert project_features(odd, records[0].era_id).metadata["selection"] == "v1"
    root = Path(odd.root.path("x")).parent
    assert all(path.is_relative_to(root) for path in root.rglob("*"))
