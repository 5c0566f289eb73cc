import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

QUERIES = ((0.0, 1.0, 0.0), (3.0, 3.0, 2.0, 5.0), (0.0, float("inf"), 1.0))
CALCULATORS = {
    "query_similarity_count": [
        {"query": None, "threshold": 0.0},
        {"query": None, "threshold": 1.5, "normalize": False},
        {"query": (1.0, 2.0), "threshold": 9.0},
        *({"query": query, "threshold": t, "normalize": False} for query in QUERIES for t in (0.0, 1.0, 2.5, 100.0)),
    ]
}


def test_counts_are_tsfreshs() -> None:
    infinite = named_series(40)["counts"]
    infinite[20] = np.inf
    with np.errstate(all="ignore"):
        found, _ = differences([*series_of((4, 9, 100)), ("infinite", infinite)], CALCULATORS)
    assert found == []


def test_stretches_within_the_threshold_are_counted() -> None:
    x = np.array([[0.0, 1, 0, 1, 0, 2, 0]])
    requests = [{"query": [0, 1, 0], "threshold": t, "normalize": False} for t in (0.0, 1.0, 1.4, 1.8)]
    values, names = native_values(x, {"query_similarity_count": requests})
    assert values[0].tolist() == [2, 3, 3, 4]
    assert names[0] == "query_similarity_count__normalize_False__query_[0, 1, 0]__threshold_0.0"


def test_a_query_longer_than_the_series_has_no_count() -> None:
    request = {"query": [1, 2, 3], "threshold": 1.0, "normalize": False}
    values, _ = native_values(np.ones((1, 2)), {"query_similarity_count": [request]})
    assert np.isnan(values[0, 0])


def test_normalised_stretches_are_left_to_tsfresh() -> None:
    request = {"query": [1, 2, 3], "threshold": 1.0}
    plan = make_plan({"query_similarity_count": [request]}, timewise=True, foreign_columns=lambda *_: ())
    assert plan.delegated == {"query_similarity_count": [request]}


@pytest.mark.parametrize("query", [["a", "b", "c"], [[1, 2], [3, 4]]])
def test_what_tsfresh_refuses_is_named(query: object) -> None:
    request = {"query": query, "threshold": 1.0, "normalize": False}
    with pytest.raises(FeatureError, match="query_similarity_count: query is"):
        make_plan({"query_similarity_count": [request]}, timewise=True, foreign_columns=lambda *_: ())
