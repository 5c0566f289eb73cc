from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from feature_platform.stages.platform import Platform
from feature_platform_tests.stages.house import house, run_stages, take_in

pytestmark = pytest.mark.gpu


def computed(folder: Path, engine: str) -> dict[str, pl.DataFrame]:
    platform = Platform(str(folder / "data"), f"sqlite:///{folder / 'catalogue.db'}")
    source = house(
        folder / "source",
        preprocessing={"step": "10m", "max_gap": "1h", "rolling_windows": ["3h"], "engine": engine},
        selection={"engine": engine},
    )
    era_id = take_in(platform, source)[0]
    return {name: platform.datasets.read(outcome.manifest) for name, outcome in run_stages(platform, era_id).items()}


def test_an_era_comes_out_as_on_the_cpu(tmp_path: Path) -> None:
    gpu, cpu = computed(tmp_path / "gpu", "gpu"), computed(tmp_path / "cpu", "cpu")
    for name, table in cpu.items():
        assert_frame_equal(gpu[name], table, rel_tol=1e-9, abs_tol=1e-9)
