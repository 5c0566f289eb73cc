import importlib.util

import pytest

from feature_platform_tests.features.gpu.ptx import CAPABILITIES, MOST_REGISTERS, MOST_STACK, assembled, loops

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        importlib.util.find_spec("numba_cuda") is None,
        reason="the gpu extra, which compiles CUDA kernels, is not installed",
    ),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("architecture", CAPABILITIES)
@pytest.mark.parametrize("name", loops())
def test_every_kernel_compiles_and_keeps_to_its_registers(name: str, architecture: str) -> None:
    found = assembled(name, architecture)
    assert 0 < found.registers <= MOST_REGISTERS
    assert found.spilled == 0
    assert found.stack <= MOST_STACK
    assert found.shared <= 48 * 1024


def test_no_product_is_fused_with_a_sum() -> None:
    for name in ("moments.write_moments", "autoregression.autoregression_kernel", "wavelets.wavelet_kernel"):
        ptx = assembled(name, "sm_90").ptx
        assert "mul.rn.f64" in ptx
        # The assembler fuses what has no rounding of its own.
        assert not [line for line in ptx.splitlines() if "fma" in line or "mul.f64" in line or "add.f64" in line]
