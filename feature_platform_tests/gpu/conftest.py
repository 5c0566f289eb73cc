"""Tests on a real GPU: elsewhere a skip that says why, and a failure where one was promised."""

import os

import pytest

from feature_platform.device.obstacle import find_obstacle

REQUIRED = "FEATURE_PLATFORM_REQUIRE_GPU"


@pytest.fixture(scope="session", autouse=True)
def gpu() -> None:
    fault = find_obstacle("cudf_polars", "cupy", "rmm", "numba_cuda")
    if fault is None:
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, but {fault}")
    pytest.skip(str(fault))
