"""Is there a GPU? The driver is asked directly: cudf imports for seconds, and even without a device."""

import ctypes
import os
from dataclasses import dataclass

from feature_platform.device.faults import Fault

DRIVER = "libcuda.so.1"
HIDDEN = {"", "-1", "NoDevFiles"}
NO_DEVICE_CODE = 100
MISMATCH_CODE = 803

LEAST_CUDA = 13_000
"""What the gpu extra is built for, as the driver counts: CUDA 13.0, which came with driver 580."""
LEAST_DRIVER = 580


@dataclass(frozen=True)
class DeviceProbe:
    """How many CUDA devices this process may use; if none, why: `reason` in words, `fault` by kind."""

    count: int
    reason: str
    fault: Fault | None = None


def probe_device() -> DeviceProbe:
    """Ask the CUDA driver for its devices. Takes under a millisecond without a driver and never raises."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.split(",")[0].strip() in HIDDEN:
        return DeviceProbe(0, f"CUDA_VISIBLE_DEVICES={visible!r} hides every GPU", Fault.NO_DEVICE)
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return DeviceProbe(0, f"no GPU driver ({DRIVER} is not there)", Fault.NO_DRIVER)
    return _too_old(driver) or _counted(driver)


def _too_old(driver: ctypes.CDLL) -> DeviceProbe | None:
    version = ctypes.c_int()
    # It answers before the driver is started, and starting one that is too old would only give a code.
    if driver.cuDriverGetVersion(ctypes.byref(version)) or version.value >= LEAST_CUDA:
        return None
    supported = f"{version.value // 1000}.{version.value % 1000 // 10}"
    return DeviceProbe(
        0,
        f"the GPU driver is too old: it supports CUDA {supported}, 13.0 is needed (driver {LEAST_DRIVER} or newer)",
        Fault.DRIVER_TOO_OLD,
    )


def _counted(driver: ctypes.CDLL) -> DeviceProbe:
    failed = driver.cuInit(0)
    if failed:
        fault = {NO_DEVICE_CODE: Fault.NO_DEVICE, MISMATCH_CODE: Fault.DRIVER_TOO_OLD}.get(failed, Fault.FAILED)
        return DeviceProbe(0, f"the GPU driver does not start (cuInit returned {failed})", fault)
    count = ctypes.c_int()
    failed = driver.cuDeviceGetCount(ctypes.byref(count))
    if failed:
        return DeviceProbe(0, f"the GPU driver counts no devices (cuDeviceGetCount returned {failed})", Fault.FAILED)
    if count.value == 0:
        return DeviceProbe(0, "the GPU driver sees no device", Fault.NO_DEVICE)
    return DeviceProbe(count.value, f"{count.value} GPU(s)")
