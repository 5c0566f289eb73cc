import logging

import pytest

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS
from feature_platform.features.plan import make_plan
from feature_platform_tests.parity.reference import tsfresh_values
from feature_platform_tests.parity.series import named_series

LENGTH = 60


@pytest.mark.parametrize("name", ["minimal", "efficient", "comprehensive"])
def test_a_feature_set_is_tsfreshs_in_its_order(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tsfresh.feature_extraction import settings  # noqa: PLC0415 - seconds

    monkeypatch.setattr(logging.getLogger(settings.__name__), "disabled", True)
    theirs = dict(getattr(settings, f"{name.capitalize()}FCParameters")())
    assert list(FEATURE_SETS[name].items()) == list(theirs.items())


def test_columns_are_named_as_tsfresh_names_them_and_in_its_order() -> None:
    native = {name: parameters for name, parameters in COMPREHENSIVE.items() if name in CALCULATORS}
    (table,) = tsfresh_values([named_series(LENGTH)["walk"]], native)
    plan = make_plan(native, timewise=True, foreign_columns=lambda *_: ())
    assert plan.names == tuple(table)
