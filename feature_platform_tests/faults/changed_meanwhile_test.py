"""An era whose data or range changes while its run is under way: what the run stores is never taken for the new."""

from pathlib import Path

import pytest

from feature_platform.orchestration.era_states import era_state
from feature_platform.orchestration.packing import Packing
from feature_platform.orchestration.requests import wanted_eras
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.platform import Platform, SupersededEraError
from feature_platform_tests.stages.house import take_in
from feature_platform_tests.tiny_source import TinySource, tiny_source

pytestmark = pytest.mark.fault

LATER_STAGES = (
    preprocessed_frame.build_frame,
    tsfresh_features.compute_features,
    selected_features.project_features,
)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")


@pytest.fixture
def source(tmp_path: Path, platform: Platform) -> TinySource:
    made = tiny_source(tmp_path / "source", days=7)
    take_in(platform, made)
    return made


def last_era(platform: Platform) -> str:
    return max(record.era_id for record in platform.catalogue.eras())


def test_an_era_extended_under_its_run_is_stale_and_asked_for_again(platform: Platform, source: TinySource) -> None:
    era_id = last_era(platform)
    before = platform.catalogue.era(era_id).data_version
    raw_readings.slice_readings(platform, era_id)
    source.write_days("tiny-1.csv", 7, 2)
    take_in(platform, source)
    for stage in LATER_STAGES:
        stage(platform, era_id)

    record = platform.catalogue.era(era_id)
    assert record.data_version != before
    stored = platform.datasets.require(selected_features.DATASET, era_id)
    assert stored.data_version == before
    assert era_state(platform, record, platform.catalogue.source("tiny")).due
    asked = wanted_eras(platform, Packing(), after=None).batches
    assert era_id in str(asked)


def test_an_era_cut_anew_under_its_run_stops_there_and_is_not_asked_for(platform: Platform, source: TinySource) -> None:
    era_id = last_era(platform)
    raw_readings.slice_readings(platform, era_id)
    source.describe(eras={"method": "calendar", "unit": "3d"})
    take_in(platform, source)
    with pytest.raises(SupersededEraError, match="superseded"):
        preprocessed_frame.build_frame(platform, era_id)
    assert platform.datasets.manifest(preprocessed_frame.DATASET, era_id) is None
    asked = str(wanted_eras(platform, Packing(), after=None).batches)
    heirs = platform.catalogue.era(era_id).superseded_by
    assert era_id not in asked
    assert heirs
    assert all(heir in asked for heir in heirs)
