"""What Polars calls for `engine="gpu"`, on a machine without a GPU: it says no, or leaves the plan to the CPU."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from feature_platform.device import obstacle
from feature_platform.device.probe import DeviceProbe
from feature_platform.preprocessing import engines


def have_devices(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(obstacle, "_lost", [])
    monkeypatch.setattr(obstacle, "probe_device", lambda: DeviceProbe(count, "no GPU driver (tested)"))


def install_engine(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Exception | None]) -> None:
    """`answer` is asked for each plan: the error that it meets, else the CPU runs it.

    Like cudf-polars it refuses what it cannot translate before the plan runs, and meets all else while it does.
    """
    have_devices(monkeypatch, 1)

    def execute_with_cudf(plan: Any, *_: object, **__: object) -> None:
        error = answer()

        def run(*_: object) -> None:
            assert error is not None
            raise error

        if isinstance(error, NotImplementedError):
            raise error
        if error is not None:
            plan.set_udf(run)

    module = ModuleType("cudf_polars")
    module.execute_with_cudf = execute_with_cudf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cudf_polars", module)
    monkeypatch.setattr(obstacle.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(engines, "shared_pool", lambda: None)
