"""The scripts of docs/migrating.md run, and give the same table before and after."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PAGE = Path(__file__).parent.parent / "docs" / "migrating.md"


@pytest.fixture
def readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days of two sensors in the long form, as readings.csv in the current folder."""
    times = pd.date_range("2024-03-01", periods=3 * 48, freq="30min")
    rng = np.random.default_rng(1)
    pd.concat(
        pd.DataFrame({"time": times, "sensor": sensor, "value": rng.normal(20, 2, len(times)).round(2)})
        for sensor in ("air_temp", "humidity")
    ).to_csv(tmp_path / "readings.csv", index=False)
    monkeypatch.chdir(tmp_path)


def test_a_script_gives_the_same_table_with_the_other_import(readings: None) -> None:
    before, after = re.findall(
        r"^```python\n(.*?extract_features\(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert set(after.splitlines()) - set(before.splitlines()) == {
        "from feature_platform.features import extract_features"
    }
    tables = []
    for script in (before, after):
        names: dict[str, object] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tsfresh's own
            exec(compile(script, PAGE.name, "exec"), names)  # noqa: S102 - what the page says is what is tested
        tables.append(names["features"])
    there, here = tables
    assert isinstance(there, pd.DataFrame)
    assert there.shape == (3, 20)
    pd.testing.assert_frame_equal(there, here, rtol=1e-9)
