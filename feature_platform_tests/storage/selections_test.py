import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from feature_platform.errors import SelectionError
from feature_platform.selection.settings import SelectionSettings
from feature_platform.storage.root import StorageRoot
from feature_platform.storage.selections import PinnedSelection, PinnedSelections, Scope

SCOPE = Scope("house", "calendar", "minimal-0123abcd")


@dataclass(frozen=True)
class Report:
    kept: tuple[str, ...] = ("a__mean", "b__maximum")
    rows: int = 30
    reasons: dict[str, int] = field(default_factory=lambda: {"missing": 1})


def pin(
    selections: PinnedSelections,
    report: Report | None = None,
    *,
    scope: Scope = SCOPE,
    settings: SelectionSettings | None = None,
    eras: dict[str, str] | None = None,
    missing: tuple[str, ...] = ("e3",),
) -> PinnedSelection:
    return selections.pin(
        scope,
        report or Report(),
        settings=settings or SelectionSettings(),
        eras_used=eras or {"e1": "v", "e2": "w"},
        eras_missing=missing,
    )


def test_what_was_pinned_is_read_back(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    assert selections.latest(SCOPE) is None
    pinned = pin(selections)
    assert (pinned.version, pinned.label) == (1, "v1")
    assert selections.latest(SCOPE) == selections.version(SCOPE, 1) == pinned
    assert pinned.columns == ("a__mean", "b__maximum")


def test_the_same_choice_is_not_pinned_twice(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    pinned = pin(selections)
    assert pin(selections, eras={"e2": "w", "e1": "v"}) == pinned
    assert root.names(f"pinned_selections/source=house/level=calendar/feature_set={SCOPE.feature_set}") == [
        "00000001.json"
    ]


def test_other_columns_settings_or_inputs_are_a_new_version(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    pin(selections)
    assert pin(selections, Report(kept=("a__mean",))).version == 2
    assert pin(selections, Report(kept=("a__mean",)), settings=SelectionSettings(maximum_missing=0.5)).version == 3
    assert pin(selections, eras={"e1": "v2"}).version == 4
    assert pin(selections, eras={"e1": "v2"}, missing=()).version == 5
    # An earlier choice that comes again is pinned again: the newest version is what is projected on.
    assert pin(selections).version == 6
    assert selections.version(SCOPE, 2).columns == ("a__mean",)


def test_as_of_finds_the_version_that_was_pinned_then(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    first = pin(selections)
    second = pin(selections, Report(kept=("a__mean",)))
    assert selections.latest(SCOPE, as_of=first.pinned_at) == first
    assert selections.latest(SCOPE, as_of=second.pinned_at) == second
    assert selections.latest(SCOPE, as_of=datetime(2020, 1, 1, tzinfo=UTC)) is None


def test_scopes_do_not_mix(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    others = [replace(SCOPE, source="barn"), replace(SCOPE, level="a"), replace(SCOPE, feature_set="efficient-1")]
    pin(selections)
    for number, scope in enumerate(others):
        assert pin(selections, Report(kept=(f"s__{number}",)), scope=scope).version == 1
    assert selections.scopes() == sorted([SCOPE, *others])
    assert str(SCOPE) == "house/calendar/minimal-0123abcd"
    assert selections.version(SCOPE, 1).columns == Report().kept


def test_an_unknown_version_is_named_with_what_there_is(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    with pytest.raises(SelectionError, match=r"house/calendar/.* has no version 1; none is pinned yet"):
        selections.version(SCOPE, 1)
    pin(selections)
    with pytest.raises(SelectionError, match="has no version 7; its versions are 1 to 1"):
        selections.version(SCOPE, 7)


def test_racing_pins_each_get_a_version_of_their_own(root: StorageRoot) -> None:
    selections = PinnedSelections(root)
    threads = [threading.Thread(target=pin, args=(selections, Report(kept=(f"s__{number}",)))) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {selections.version(SCOPE, number).columns[0] for number in range(1, 7)} == {f"s__{n}" for n in range(6)}
