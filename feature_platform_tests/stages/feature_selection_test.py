"""The fan-in: over the eras of one scope only, those that are missing named, the drift from the version before told."""

from pathlib import Path

import pytest

from feature_platform.errors import SelectionError
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform_tests.stages.house import house, run_stages, take_in


def test_eras_without_features_are_named_and_a_second_look_at_the_same_is_the_same_version(
    platform: Platform, tmp_path: Path
) -> None:
    first, *others = take_in(platform, house(tmp_path / "source"))
    run_stages(platform, first)
    (scope,) = scopes(platform)
    outcome = pin_selection(platform, scope)
    assert outcome.eras_missing == outcome.pinned.eras_missing == tuple(sorted(others))
    assert outcome.drift is None
    again = pin_selection(platform, scope)
    assert again.pinned == outcome.pinned
    assert again.drift is not None
    assert (again.drift.added, again.drift.removed) == ((), ())


def test_other_settings_tell_what_came_and_went(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source")
    for era_id in take_in(platform, source):
        run_stages(platform, era_id)
    (scope,) = scopes(platform)
    before = pin_selection(platform, scope).pinned
    source.describe(selection={"maximum_correlation": 0.2})
    take_in(platform, source)
    after = pin_selection(platform, scope)
    assert after.pinned.version == 2
    assert after.drift is not None
    assert set(after.drift.removed) == set(before.columns) - set(after.pinned.columns) != set()


def test_eras_of_another_level_never_enter(platform: Platform, tmp_path: Path) -> None:
    source = house(tmp_path / "source")
    calendar = take_in(platform, source)
    for era_id in calendar:
        run_stages(platform, era_id)
    source.describe(eras={"method": "whole"})
    (whole,) = set(take_in(platform, source)) - set(calendar)
    run_stages(platform, whole)
    used = {scope.level: set(pin_selection(platform, scope).pinned.eras_used) for scope in scopes(platform)}
    assert used == {"calendar": set(calendar), "whole": {whole}}


def test_a_scope_without_features_is_one_error_with_the_cure(platform: Platform, tmp_path: Path) -> None:
    take_in(platform, house(tmp_path / "source"))
    (scope,) = scopes(platform)
    with pytest.raises(SelectionError, match=r"no era of 'tiny', level 'calendar', has features .*materialize tsfresh"):
        pin_selection(platform, scope)
