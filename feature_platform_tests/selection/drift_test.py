import pytest

from feature_platform.selection.drift import Drift, drift


@pytest.mark.parametrize(
    ("pinned", "now", "expected"),
    [
        (["a", "b"], ["b", "a"], Drift((), (), 0.0)),
        (["a", "b", "c"], ["a", "d"], Drift(("d",), ("b", "c"), 0.75)),
        (["a"], ["b"], Drift(("b",), ("a",), 1.0)),
        ([], [], Drift((), (), 0.0)),
    ],
)
def test_drift_is_what_came_and_went(pinned: list[str], now: list[str], expected: Drift) -> None:
    assert drift(pinned, now) == expected
