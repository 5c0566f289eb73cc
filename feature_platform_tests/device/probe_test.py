import ctypes
import sys

import pytest

from feature_platform.device import probe
from feature_platform.device.faults import Fault
from feature_platform.device.obstacle import find_obstacle
from feature_platform.device.probe import DeviceProbe, probe_device


class Driver:
    """The calls of libcuda that the probe makes: no machine here has the real one."""

    def __init__(self, count: int, *, start: int = 0, counting: int = 0, version: int = 13_000) -> None:
        self._count, self._start, self._counting, self._version = count, start, counting, version

    def cuDriverGetVersion(self, version: object) -> int:  # noqa: N802 (the driver's own name)
        ctypes.cast(version, ctypes.POINTER(ctypes.c_int))[0] = self._version
        return 0

    def cuInit(self, flags: int) -> int:  # noqa: N802 (the driver's own name)
        assert flags == 0
        return self._start

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802 (the driver's own name)
        ctypes.cast(count, ctypes.POINTER(ctypes.c_int))[0] = self._count
        return self._counting


def use(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", {probe.DRIVER: driver}.__getitem__)


@pytest.mark.parametrize("visible", ["", "-1", "-1,0", "NoDevFiles"])
def test_hidden_devices_are_not_there(monkeypatch: pytest.MonkeyPatch, visible: str) -> None:
    use(monkeypatch, Driver(4))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert probe_device() == DeviceProbe(0, f"CUDA_VISIBLE_DEVICES={visible!r} hides every GPU", Fault.NO_DEVICE)


def test_a_machine_without_a_driver_has_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(probe, "DRIVER", "libno-such-driver.so.1")
    missing = DeviceProbe(0, "no GPU driver (libno-such-driver.so.1 is not there)", Fault.NO_DRIVER)
    assert probe_device() == missing


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (Driver(2), DeviceProbe(2, "2 GPU(s)")),
        (Driver(0), DeviceProbe(0, "the GPU driver sees no device", Fault.NO_DEVICE)),
        (
            Driver(2, start=100),
            DeviceProbe(0, "the GPU driver does not start (cuInit returned 100)", Fault.NO_DEVICE),
        ),
        (
            Driver(2, start=803),
            DeviceProbe(0, "the GPU driver does not start (cuInit returned 803)", Fault.DRIVER_TOO_OLD),
        ),
        (
            Driver(2, counting=3),
            DeviceProbe(0, "the GPU driver counts no devices (cuDeviceGetCount returned 3)", Fault.FAILED),
        ),
        (
            Driver(2, version=12_040),
            DeviceProbe(
                0,
                "the GPU driver is too old: it supports CUDA 12.4, 13.0 is needed (driver 580 or newer)",
                Fault.DRIVER_TOO_OLD,
            ),
        ),
    ],
)
def test_the_driver_is_asked(monkeypatch: pytest.MonkeyPatch, driver: Driver, expected: DeviceProbe) -> None:
    use(monkeypatch, driver)
    assert probe_device() == expected


def test_a_visible_device_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Driver(1))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert probe_device().count == 1


def test_asking_for_a_device_imports_nothing_of_rapids() -> None:
    before = set(sys.modules)
    find_obstacle("cudf_polars", "cupy", "rmm")
    assert not [name for name in set(sys.modules) - before if name.startswith(("cu", "rmm", "pylibcudf", "numba"))]
