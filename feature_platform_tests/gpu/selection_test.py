import numpy as np
import polars as pl
import pytest

from feature_platform.selection import engines
from feature_platform.selection.engines import Correlator
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import profile_columns

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def tables() -> EraTables:
    random = np.random.default_rng(6)
    values = random.normal(size=(2000, 900)) * 10.0 ** random.integers(-12, 12, 900)
    values[:700, ::7] = np.nan
    values[1500:, ::5] = np.nan
    values[:, 11] = 3.0
    names = [f"s__c{number}" for number in range(900)]
    eras = {f"e{n}": pl.DataFrame(part, schema=names) for n, part in enumerate(np.split(values, 4))}
    return EraTables({era_id: lambda table=table: table for era_id, table in eras.items()})


@pytest.mark.parametrize("resident", [True, False])
def test_correlations_are_the_cpus(monkeypatch: pytest.MonkeyPatch, tables: EraTables, *, resident: bool) -> None:
    if not resident:
        monkeypatch.setattr(engines, "free_bytes", lambda: 0)
    profile = profile_columns(tables)
    gpu = Correlator(tables, "gpu")
    found = gpu.correlate(profile, profile)
    assert (gpu.engine, gpu.reason) == ("gpu", "a GPU is there")
    expected = Correlator(tables, "cpu").correlate(profile, profile)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
