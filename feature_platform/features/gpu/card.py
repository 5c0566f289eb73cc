"""A card as the engine uses it: cupy's arrays and streams for numba's kernels; in the simulator numpy's arrays."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, Self

import numpy as np
from numba import config, cuda

from feature_platform.device import memory
from feature_platform.features.calculators.kernel import FloatArray

Anything = Any
"""A kernel or its argument: numba ships no types."""
Array = Any
"""cupy's, or numpy's in the simulator: cupy ships no types for what both have."""

SIMULATED_BYTES = 2**30
STREAMS = 4
"""Kernels side by side: one of few series leaves most of a card idle."""


class Lane(Protocol):
    """One batch's way over a card: all runs in order, but kernels launched `aside`, which may overlap each other.

    Nothing that was put on a lane is let go before `finish`.
    """

    xp: Any

    def __enter__(self) -> Self:
        """Within, the array module works on this lane."""

    def __exit__(self, *_: object) -> None:
        """Whatever is in the making goes on."""

    def empty(self, shape: tuple[int, ...], dtype: type = np.float64, order: Literal["C", "F"] = "C") -> Array:
        """An array on the card.

        Raises
        ------
        MemoryError
            If there is no room.
        """

    def upload(self, values: Any) -> Array:  # noqa: ANN401 - numpy's array, of any dtype
        """A copy of an array on the card."""

    def download(self, values: Array) -> FloatArray:
        """A copy here, which is there after `finish`."""

    def launch(
        self, kernel: Anything, threads: int, block: int, *arguments: Anything, shared: int = 0, aside: bool = False
    ) -> None:
        """Start a kernel of so many threads in blocks, each with bytes of dynamic shared memory."""

    def join(self) -> None:
        """What follows waits for what was launched aside."""

    def finish(self) -> None:
        """Wait for everything."""


class CudaLane:
    """A lane of the current device, on streams of its own."""

    def __init__(self) -> None:
        import cupy  # noqa: PLC0415 - only where there is a card

        self.xp: Any = cupy
        self._main = cupy.cuda.Stream(non_blocking=True)
        self._aside = [cupy.cuda.Stream(non_blocking=True) for _ in range(STREAMS)]
        self._launched = 0
        self._held: list[Any] = []

    def __enter__(self) -> Self:
        """See `Lane`."""
        self._main.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """See `Lane`."""
        self._main.__exit__(*error)

    def empty(self, shape: tuple[int, ...], dtype: type = np.float64, order: Literal["C", "F"] = "C") -> Array:
        """See `Lane`."""
        return self.xp.empty(shape, dtype, order)

    def upload(self, values: Any) -> Array:  # noqa: ANN401 - see `Lane`
        """See `Lane`."""
        import cupyx  # noqa: PLC0415 - only where there is a card

        # Only from memory that stays in its place can a copy overlap with kernels.
        pinned = cupyx.empty_pinned(values.shape, values.dtype)
        pinned[...] = values
        array = self.xp.empty(values.shape, values.dtype)
        array.set(pinned, stream=self._main)
        self._held.append(pinned)
        return array

    def download(self, values: Array) -> FloatArray:
        """See `Lane`."""
        import cupyx  # noqa: PLC0415 - only where there is a card

        pinned: FloatArray = cupyx.empty_pinned(values.shape, values.dtype)
        values.get(stream=self._main, out=pinned, blocking=False)
        self._held.append(values)
        return pinned

    def launch(
        self, kernel: Anything, threads: int, block: int, *arguments: Anything, shared: int = 0, aside: bool = False
    ) -> None:
        """See `Lane`."""
        stream = self._main
        if aside:
            stream = self._aside[self._launched % STREAMS]
            stream.wait_event(self._main.record())
            self._launched += 1
        self._held.extend(arguments)
        # Without waiting for the arrays' own stream: what they depend on is on this lane, before.
        views = [_view(argument) for argument in arguments]
        kernel[-(-threads // block), block, cuda.external_stream(stream.ptr), shared](*views)

    def join(self) -> None:
        """See `Lane`."""
        for stream in self._aside:
            self._main.wait_event(stream.record())

    def finish(self) -> None:
        """See `Lane`."""
        self._main.synchronize()
        self._held.clear()


def _view(argument: Any) -> Any:  # noqa: ANN401 - an array or a number
    return cuda.as_cuda_array(argument, sync=False) if hasattr(argument, "__cuda_array_interface__") else argument


class SimulatedLane:
    """A lane of numba's simulator, which runs each kernel at once."""

    xp: Any = np

    def __enter__(self) -> Self:
        """See `Lane`."""
        return self

    def __exit__(self, *_: object) -> None:
        """See `Lane`."""

    def empty(self, shape: tuple[int, ...], dtype: type = np.float64, order: Literal["C", "F"] = "C") -> Array:
        """See `Lane`."""
        return np.empty(shape, dtype, order)

    def upload(self, values: Any) -> Array:  # noqa: ANN401 - see `Lane`
        """See `Lane`."""
        return values.copy()

    def download(self, values: Array) -> FloatArray:
        """See `Lane`."""
        copy: FloatArray = values.copy()
        return copy

    def launch(
        self,
        kernel: Anything,
        threads: int,
        block: int,
        *arguments: Anything,
        shared: int = 0,
        aside: bool = False,  # noqa: ARG002
    ) -> None:
        """See `Lane`."""
        kernel[-(-threads // block), block, 0, shared](*arguments)

    def join(self) -> None:
        """See `Lane`."""

    def finish(self) -> None:
        """See `Lane`."""


def lane_maker() -> Callable[[], Lane]:
    """What makes lanes here: of the current device, or of the simulator where that is on."""
    return SimulatedLane if config.ENABLE_CUDASIM else CudaLane


def free_bytes() -> int:
    """Memory of the current device that batches may take."""
    return SIMULATED_BYTES if config.ENABLE_CUDASIM else memory.free_bytes()
