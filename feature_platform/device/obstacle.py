"""What keeps this process from using a GPU, asked before anything of RAPIDS is imported."""

import importlib.util

from feature_platform.device.faults import DeviceFault, Fault
from feature_platform.device.probe import probe_device

_lost: list[DeviceFault] = []


def find_obstacle(*libraries: str) -> DeviceFault | None:
    """Why nothing that needs these libraries can run on a GPU here; None where it can. Imports none of them."""
    if _lost:
        return _lost[0]
    probe = probe_device()
    if probe.count == 0:
        return DeviceFault(probe.fault or Fault.NO_DEVICE, probe.reason)
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    if missing:
        return DeviceFault(
            Fault.LIBRARY_MISSING, f"there is a GPU, but {', '.join(missing)} is not installed (the gpu extra)"
        )
    return None


def remember(fault: DeviceFault) -> None:
    """After a lost device every further call of this process fails too, and CUDA cannot be started anew in it."""
    if fault.fault is Fault.DEVICE_LOST and not _lost:
        _lost.append(DeviceFault(fault.fault, f"earlier in this process, {fault.detail}"))
