"""One pool for three libraries: without a GPU only the wiring can be told, and that the names are RMM's own."""

import importlib
import sys
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

from feature_platform.device import memory

FREE = 1_000_100


@pytest.fixture
def rmm(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    """The three libraries, recording what is asked of them: none runs without a device."""
    calls = MagicMock()
    calls.rmm.mr.available_device_memory.return_value = (FREE, 2 * FREE)
    calls.rmm.mr.LimitingResourceAdaptor.return_value.get_allocation_limit.return_value = 800_000
    calls.rmm.mr.LimitingResourceAdaptor.return_value.get_allocated_bytes.return_value = 300_000
    names = ("cupy", "rmm", "rmm.mr", "rmm.allocators", "rmm.allocators.cupy", "rmm.allocators.numba")
    for name in names:
        module: Any = calls
        for part in name.split("."):
            module = getattr(module, part)
        monkeypatch.setitem(sys.modules, name, module)
    numba = ModuleType("numba")
    numba.cuda = calls.cuda  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "numba", numba)
    monkeypatch.setattr(memory, "_pools", [])
    return calls


def test_all_three_share_one_pool_of_most_of_what_is_free(rmm: MagicMock) -> None:
    pool = memory.shared_pool()
    assert memory.shared_pool() is pool
    size = 800_000
    assert size % 256 == 0
    assert 0.79 < size / FREE < 0.8
    resources = rmm.rmm.mr
    resources.PoolMemoryResource.assert_called_once_with(
        resources.CudaMemoryResource.return_value, initial_pool_size=size, maximum_pool_size=size
    )
    resources.LimitingResourceAdaptor.assert_called_once_with(resources.PoolMemoryResource.return_value, size)
    resources.set_current_device_resource.assert_called_once_with(pool)
    rmm.cuda.set_memory_manager.assert_called_once_with(rmm.rmm.allocators.numba.RMMNumbaManager)
    rmm.cupy.cuda.set_allocator.assert_called_once_with(rmm.rmm.allocators.cupy.rmm_cupy_allocator)
    assert memory.free_bytes() == 500_000


def test_a_pool_that_could_not_be_had_is_asked_for_again(rmm: MagicMock) -> None:
    rmm.rmm.mr.PoolMemoryResource.side_effect = [MemoryError("std::bad_alloc"), MagicMock()]
    with pytest.raises(MemoryError):
        memory.shared_pool()
    rmm.cupy.cuda.set_allocator.assert_not_called()
    assert memory.shared_pool() is not None


def test_the_libraries_have_what_is_asked_of_them() -> None:
    resources = pytest.importorskip("rmm.mr", reason="the gpu extra (rmm) is not installed")
    for name in ("available_device_memory", "CudaMemoryResource", "PoolMemoryResource", "set_current_device_resource"):
        assert hasattr(resources, name)
    assert {"get_allocation_limit", "get_allocated_bytes"} <= set(dir(resources.LimitingResourceAdaptor))
    assert hasattr(importlib.import_module("rmm.allocators.cupy"), "rmm_cupy_allocator")
    assert hasattr(importlib.import_module("rmm.allocators.numba"), "RMMNumbaManager")
    assert hasattr(importlib.import_module("numba.cuda"), "set_memory_manager")
    assert hasattr(importlib.import_module("cupy.cuda"), "set_allocator")
