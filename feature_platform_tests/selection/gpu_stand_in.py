"""A GPU for selection where there is none: numpy in cupy's place."""

from types import SimpleNamespace
from typing import Any

import pytest

from feature_platform.device import obstacle
from feature_platform.selection import engines
from feature_platform_tests.selection import device_arrays


def have_gpu(monkeypatch: pytest.MonkeyPatch, *, free: int = 2**40, module: Any = device_arrays) -> None:
    """`free` bytes of its memory are not in use; eras of any size are worth it."""
    monkeypatch.setattr(obstacle, "_lost", [])
    monkeypatch.setattr(engines, "find_obstacle", lambda *_: obstacle._lost[0] if obstacle._lost else None)  # noqa: SLF001 - what a lost device leaves
    monkeypatch.setattr(engines, "LEAST_WORK", 0)
    monkeypatch.setattr(engines, "free_bytes", lambda: free)
    monkeypatch.setattr(engines, "_device_module", lambda: module)


def with_calls(**calls: Any) -> SimpleNamespace:
    """The module with some of its calls replaced."""
    return SimpleNamespace(**{**vars(device_arrays), **calls})
