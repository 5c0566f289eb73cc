from dataclasses import replace
from datetime import UTC, datetime

from feature_platform.eras.era import EraRecord
from feature_platform.eras.staleness import EraState, assess
from feature_platform.storage.frames import Manifest
from feature_platform_tests.eras.days import JANUARY, days

RECORD = EraRecord(
    era=days(1, 5),
    created_at=JANUARY,
    superseded_at=None,
    superseded_by=(),
    row_count=10,
    data_version="data-2",
    data_revision=2,
)
FRAME = Manifest(
    dataset="frame",
    era_id=days(1, 5).era_id,
    version="frame-hash",
    file="f",
    rows=1,
    columns=1,
    bytes=1,
    schema_hash="s",
    data_version="data-2",
    data_revision=2,
    input_version="raw-hash",
    settings_version="set-1",
    code_version="code-1",
    engine="cpu",
    recorded_at=datetime(2024, 2, 1, tzinfo=UTC),
)
FEATURES = replace(FRAME, dataset="features", version="features-hash", input_version="frame-hash")


def state(
    record: EraRecord = RECORD, *, frame: Manifest | None = FRAME, features: Manifest | None = FEATURES
) -> EraState:
    return assess(
        record,
        {"frame": frame, "features": features},
        settings_versions={"frame": "set-1", "features": "set-1"},
        code_versions={"frame": "code-1", "features": "code-1"},
        inputs={"features": "frame"},
    )


def test_results_of_this_data_these_settings_and_this_code_are_fresh() -> None:
    found = state()
    assert found.datasets == {"frame": "fresh", "features": "fresh"}
    assert (found.due, found.outdated, found.skipped) == ((), (), None)


def test_what_is_missing_or_of_other_data_is_due() -> None:
    found = state(frame=replace(FRAME, data_version="data-1", data_revision=1), features=None)
    assert found.datasets == {"frame": "stale_data", "features": "missing"}
    assert found.due == ("frame", "features")


def test_changed_settings_code_or_input_are_reported_but_never_due() -> None:
    assert state(frame=replace(FRAME, settings_version="set-0")).outdated == ("frame",)
    assert state(frame=replace(FRAME, code_version="code-0")).datasets["frame"] == "stale_code"
    recomputed = state(frame=replace(FRAME, version="other-hash"))
    assert recomputed.datasets == {"frame": "fresh", "features": "stale_input"}
    assert (recomputed.due, recomputed.outdated) == ((), ("features",))


def test_changed_data_outweighs_changed_settings() -> None:
    old = replace(FRAME, data_version="data-1", data_revision=1, settings_version="set-0")
    assert state(frame=old).datasets["frame"] == "stale_data"


def test_a_result_of_later_data_than_the_record_is_not_stale() -> None:
    assert state(frame=replace(FRAME, data_version="data-3", data_revision=3)).due == ()


def test_superseded_uncounted_and_empty_eras_are_skipped_with_the_reason() -> None:
    superseded = replace(RECORD, superseded_at=JANUARY, superseded_by=("heir",))
    uncounted = replace(RECORD, row_count=None, data_version=None, data_revision=0)
    empty = replace(RECORD, row_count=0)
    found = [state(record, frame=None) for record in (superseded, uncounted, empty)]
    assert [one.skipped for one in found] == ["superseded by heir", "not counted yet", "holds no readings"]
    assert all(one.due == () and one.outdated == () for one in found)


def test_a_dataset_without_a_known_version_is_not_held_to_one() -> None:
    assert assess(RECORD, {"frame": FRAME}, settings_versions={}, code_versions={}).datasets == {"frame": "fresh"}
