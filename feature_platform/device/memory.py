"""One pool of device memory for cudf, cupy and numba: with a pool each, the first would leave the others nothing."""

from threading import Lock
from typing import Any

POOL_SHARE = 0.8
"""Of the memory that is free at the start: kernels' local memory and what the driver needs lie outside of any pool."""
GRANULE = 256
"""RMM sizes pools in steps of this many bytes."""

_pools: list[Any] = []
_starting = Lock()


def shared_pool() -> Any:  # noqa: ANN401 - RMM's types are there only where it is installed
    """The process's RMM resource, on the device that is current at the first call; that call takes the memory.

    It must come before the first allocation of cudf, cupy and numba. cudf-polars must be handed it in each call: by
    itself it takes a pool of managed memory, which swaps to the host where this one says that memory is out.

    Raises
    ------
    MemoryError, RuntimeError, ImportError
        RMM's own, for `faults.classify`; the next call tries again.
    """
    with _starting:
        if not _pools:
            _pools.append(_start())
        return _pools[0]


def free_bytes() -> int:
    """Bytes of the shared pool that are not in use; as one piece there may be fewer."""
    pool = shared_pool()
    return int(pool.get_allocation_limit()) - int(pool.get_allocated_bytes())


def _start() -> Any:  # noqa: ANN401 - as above
    # Only here, where there is a device: each takes seconds, and is not installed without the gpu extra.
    import cupy  # noqa: PLC0415
    import rmm.mr  # noqa: PLC0415
    from numba import cuda  # noqa: PLC0415
    from rmm.allocators.cupy import rmm_cupy_allocator  # noqa: PLC0415
    from rmm.allocators.numba import RMMNumbaManager  # noqa: PLC0415

    free, _ = rmm.mr.available_device_memory()
    size = int(free * POOL_SHARE) // GRANULE * GRANULE
    # Taken as a whole: a pool that grows does so in pieces that never become one.
    pool = rmm.mr.PoolMemoryResource(rmm.mr.CudaMemoryResource(), initial_pool_size=size, maximum_pool_size=size)
    limited = rmm.mr.LimitingResourceAdaptor(pool, size)
    rmm.mr.set_current_device_resource(limited)
    cuda.set_memory_manager(RMMNumbaManager)
    cupy.cuda.set_allocator(rmm_cupy_allocator)
    return limited
