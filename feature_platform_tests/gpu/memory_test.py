import gc

import pytest

from feature_platform.device.memory import free_bytes, shared_pool

pytestmark = pytest.mark.gpu

MIB = 2**20


def test_cudf_cupy_and_numba_take_from_the_one_pool_and_give_back() -> None:
    pool = shared_pool()
    import cudf  # noqa: PLC0415 - only here, where there is a GPU
    import cupy  # noqa: PLC0415 - as above
    from numba import cuda  # noqa: PLC0415 - as above

    assert shared_pool() is pool
    before = free_bytes()
    assert before > 64 * MIB
    for take in (
        lambda: cupy.zeros(MIB),
        lambda: cuda.device_array(MIB),
        lambda: cudf.Series(range(MIB)).astype("float64"),
    ):
        held = take()
        assert free_bytes() <= before - 8 * MIB
        del held
        gc.collect()
        cuda.current_context().deallocations.clear()
        assert free_bytes() == before
