from pathlib import Path

import pytest

from feature_platform.demo.simulator import DemoFiles, write_demo
from feature_platform.demo.year import Simulation, simulate


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return simulate(seed=2024)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_demo(tmp_path_factory.mktemp("demo"), seed=2024)


@pytest.fixture(scope="session")
def lines(files: DemoFiles) -> list[str]:
    """The export's data rows, without their ends."""
    return Path(files.csv).read_bytes().decode().removesuffix("\r\n").split("\r\n")[3:]
