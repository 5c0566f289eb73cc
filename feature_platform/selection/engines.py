"""Which engine correlates: BLAS on the CPU or cuBLAS on the GPU, and why."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from feature_platform.device.faults import Fault, classify, device_errors
from feature_platform.device.memory import free_bytes, shared_pool
from feature_platform.device.obstacle import find_obstacle, remember
from feature_platform.errors import SelectionError
from feature_platform.selection.arrays import DeviceTables, host_arrays
from feature_platform.selection.correlation import correlate
from feature_platform.selection.era_tables import EraTables, FloatArray
from feature_platform.selection.profile import Profile
from feature_platform.selection.settings import EngineChoice

Engine = Literal["cpu", "gpu"]

LIBRARIES = ("cupy", "rmm")

LEAST_WORK = 10**11
"""Columns² x rows from which `auto` takes a GPU: five seconds of a core, about what its libraries take to start. A
guess until it is measured on one."""

LEAST_BLOCK = 64
"""Blocks of fewer columns are not halved for want of memory."""


@dataclass
class Correlator:
    """Correlates columns of some tables; after a fault of the GPU on the CPU, for good.

    `engine` ran last, `reason` says why it did.

    Raises
    ------
    SelectionError
        From each method, if the GPU is forced and cannot be used.
    """

    tables: EraTables
    choice: EngineChoice
    engine: Engine = field(init=False, default="cpu")
    reason: str = field(init=False, default="nothing was correlated")
    _device: DeviceTables | None = field(init=False, default=None)
    _decided: bool = field(init=False, default=False)

    def correlate(self, left: Profile, right: Profile) -> FloatArray:
        """See `correlation.correlate`."""
        self._decide()
        if self._device is not None:
            try:
                return self._on_device(self._device, left, right)
            except device_errors() as error:
                fault = classify(error)
                remember(fault)
                self._fall_back(f"the GPU failed: {fault}", error)
        return correlate(self.tables, left, right, host_arrays(self.tables))

    def _decide(self) -> None:
        if self._decided:
            return
        self._decided = True
        work = len(self.tables.columns) ** 2 * self.tables.rows
        if self.choice == "cpu":
            self.reason = "the settings ask for the CPU"
            return
        fault = find_obstacle(*LIBRARIES)
        if fault is not None:
            self._fall_back(fault.detail, None)
        elif self.choice == "auto" and work < LEAST_WORK:
            self.reason = f"columns² x rows are {work:.3g}, below {LEAST_WORK:.0e}: not worth starting the GPU"
        else:
            self._start()

    def _start(self) -> None:
        try:
            self._device = DeviceTables(self.tables, _device_module(), free_bytes)
        except device_errors() as error:
            fault = classify(error)
            remember(fault)
            self._fall_back(f"the GPU failed: {fault}", error)
        else:
            self.engine, self.reason = "gpu", "a GPU is there"

    def _fall_back(self, obstacle: str, cause: BaseException | None) -> None:
        self._device = None
        self.engine, self.reason = "cpu", obstacle
        if self.choice == "gpu":
            raise SelectionError(
                f"selection.engine gpu is forced, but {obstacle}; set engine: auto, or run on a machine with a GPU and "
                "the gpu extra"
            ) from cause

    def _on_device(self, device: DeviceTables, left: Profile, right: Profile) -> FloatArray:
        try:
            return correlate(self.tables, left, right, device.arrays)
        except device_errors() as error:
            widest = max(len(left.columns), len(right.columns))
            if classify(error).fault is not Fault.OUT_OF_MEMORY:
                raise
            released = device.release()
            if not released and widest < 2 * LEAST_BLOCK:
                raise
        # Outside of the handler, whose traceback would keep the arrays of the failed call on the device.
        if released:
            return self._on_device(device, left, right)
        self.reason = "a GPU is there; in smaller blocks, since its memory does not hold larger ones"
        if len(left.columns) == widest:
            return np.concatenate([self._on_device(device, part, right) for part in _halves(left)])
        return np.concatenate([self._on_device(device, left, part) for part in _halves(right)], axis=1)


def _halves(profile: Profile) -> tuple[Profile, Profile]:
    middle = len(profile.columns) // 2
    places = np.arange(len(profile.columns))
    return profile.take(places[:middle]), profile.take(places[middle:])


def _device_module() -> Any:  # noqa: ANN401 - a module
    shared_pool()
    import cupy  # noqa: PLC0415 - only where there is a device; it takes seconds

    return cupy
