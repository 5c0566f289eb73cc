import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "in_simulator.py"


@pytest.mark.cudasim
def test_the_cuda_target_under_numbas_simulator() -> None:
    # numba chooses between device and simulator when it is imported, so the tests have a process of their own.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]
    done = subprocess.run(
        command, env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
