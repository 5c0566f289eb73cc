"""Is there a GPU? The driver is asked directly: cudf imports for seconds, and even without a device."""

import ctypes
import os
from dataclasses import dataclass

DRIVER = "libcuda.so.1"
HIDDEN = {"", "-1", "NoDevFiles"}


@dataclass(frozen=True)
class DeviceProbe:
    """How many CUDA devices this process may use, and why if none."""

    count: int
    reason: str


def probe_device() -> DeviceProbe:
    """Ask the CUDA driver for its devices. Takes under a millisecond without a driver and never raises."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.split(",")[0].strip() in HIDDEN:
        return DeviceProbe(0, f"CUDA_VISIBLE_DEVICES={visible!r} hides every GPU")
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return DeviceProbe(0, f"no GPU driver ({DRIVER} is not there)")
    failed = driver.cuInit(0)
    if failed:
        return DeviceProbe(0, f"the GPU driver does not start (cuInit returned {failed})")
    count = ctypes.c_int()
    failed = driver.cuDeviceGetCount(ctypes.byref(count))
    if failed:
        return DeviceProbe(0, f"the GPU driver counts no devices (cuDeviceGetCount returned {failed})")
    if count.value == 0:
        return DeviceProbe(0, "the GPU driver sees no device")
    return DeviceProbe(count.value, f"{count.value} GPU(s)")
