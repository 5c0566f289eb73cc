import ctypes
import sys

import pytest

from feature_platform.preprocessing import device
from feature_platform.preprocessing.device import DeviceProbe, probe_device
from feature_platform.preprocessing.engines import gpu_obstacle


class Driver:
    """The two calls of libcuda that the probe makes: no machine here has the real one."""

    def __init__(self, count: int, *, start: int = 0, counting: int = 0) -> None:
        self._count, self._start, self._counting = count, start, counting

    def cuInit(self, flags: int) -> int:  # noqa: N802 (the driver's own name)
        assert flags == 0
        return self._start

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802 (the driver's own name)
        ctypes.cast(count, ctypes.POINTER(ctypes.c_int))[0] = self._count
        return self._counting


def use(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", {device.DRIVER: driver}.__getitem__)


@pytest.mark.parametrize("visible", ["", "-1", "-1,0", "NoDevFiles"])
def test_hidden_devices_are_not_there(monkeypatch: pytest.MonkeyPatch, visible: str) -> None:
    use(monkeypatch, Driver(4))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert probe_device() == DeviceProbe(0, f"CUDA_VISIBLE_DEVICES={visible!r} hides every GPU")


def test_a_machine_without_a_driver_has_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(device, "DRIVER", "libno-such-driver.so.1")
    assert probe_device() == DeviceProbe(0, "no GPU driver (libno-such-driver.so.1 is not there)")


@pytest.mark.parametrize(
    ("driver", "probe"),
    [
        (Driver(2), DeviceProbe(2, "2 GPU(s)")),
        (Driver(0), DeviceProbe(0, "the GPU driver sees no device")),
        (Driver(2, start=100), DeviceProbe(0, "the GPU driver does not start (cuInit returned 100)")),
        (Driver(2, counting=3), DeviceProbe(0, "the GPU driver counts no devices (cuDeviceGetCount returned 3)")),
    ],
)
def test_the_driver_is_asked(monkeypatch: pytest.MonkeyPatch, driver: Driver, probe: DeviceProbe) -> None:
    use(monkeypatch, driver)
    assert probe_device() == probe


def test_a_visible_device_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Driver(1))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert probe_device().count == 1


def test_asking_for_a_device_imports_nothing_of_rapids() -> None:
    before = set(sys.modules)
    gpu_obstacle()
    assert not [name for name in set(sys.modules) - before if name.startswith(("cudf", "rmm", "pylibcudf"))]
