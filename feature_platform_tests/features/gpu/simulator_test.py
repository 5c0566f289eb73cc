import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from feature_platform.features.cpu.run import run
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.requests import REQUESTS
from feature_platform_tests.parity.series import named_series

PROGRAM = Path(__file__).parent / "simulated.py"


@pytest.mark.cudasim
@pytest.mark.parametrize("length", [1, 7, 32])
def test_the_cuda_target_gives_the_cpus_values(tmp_path: Path, length: int) -> None:
    x = np.stack([x for name, x in named_series(length).items() if name in {"walk", "counts", "constant", "offset"}])
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, str(PROGRAM), str(tmp_path / "x.npy"), str(tmp_path / "values.npy")], check=True)
    plan = make_plan(REQUESTS, timewise=True, foreign_columns=lambda *_: ())
    expected = run(plan, x, np.arange(length)[None] / 12)
    np.testing.assert_allclose(np.load(tmp_path / "values.npy"), expected, rtol=1e-9, atol=1e-12)
    assert not plan.delegated
