import numpy as np
import pytest

from feature_platform.features import extract_batch
from feature_platform.features.feature_sets import FEATURE_SETS
from feature_platform_tests.parity.series import named_series

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize(
    ("length", "feature_set"), [(32, "comprehensive"), (288, "comprehensive"), (2016, "efficient")]
)
def test_values_are_the_cpus(length: int, feature_set: str) -> None:
    x = np.stack(list(named_series(length).values()))
    times = np.datetime64("2024-03-01", "us") + np.arange(length) * np.timedelta64(5, "m")
    found, expected = (
        extract_batch(x, FEATURE_SETS[feature_set], times=times, engine=engine)[0] for engine in ("gpu", "native")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
