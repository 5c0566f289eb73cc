"""`python -m feature_platform_tests.features.gpu.ptx`: every CUDA kernel compiled, and what it takes of a card.

The simulator accepts Python that the compiler refuses. This needs the gpu extra, and neither a card nor a driver.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from feature_platform.features.calculators.moments import MOMENTS
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.gpu import near_sets, welch
from feature_platform.features.gpu.compile import SIGNATURE, loop_of
from feature_platform.features.gpu.contraction import without_contraction

CAPABILITIES = {"sm_80": (8, 0), "sm_90": (9, 0)}
"""Of the A100, and of the H100 and H200."""
MOST_REGISTERS = 255
"""Of a thread: what does not fit is spilled."""
MOST_STACK = 1024
"""Bytes of a thread's local memory: what a kernel keeps there it reads and writes as slowly as a card's own."""


@dataclass(frozen=True)
class Assembled:
    """What NVIDIA's assembler says of one kernel; `stack` and `spilled` are bytes of a thread."""

    name: str
    architecture: str
    ptx: str
    registers: int
    stack: int
    spilled: int
    shared: int


def loops() -> dict[str, tuple[Callable[..., None], Any]]:
    """Every CUDA kernel that the engine launches, with its signature."""
    functions = {calculator.kernel.function for calculator in CALCULATORS.values()} | {MOMENTS.function}
    by_series = {f"{function.__module__.rpartition('.')[2]}.{function.__name__}": function for function in functions}
    return {name: (loop_of(function), SIGNATURE) for name, function in sorted(by_series.items())} | {
        "gpu.near_sets.write_entropies": (near_sets.write_entropies, near_sets.SIGNATURE),
        "gpu.welch.weigh": (welch.weigh, welch.WEIGH),
        "gpu.welch.average": (welch.average, welch.AVERAGE),
    }


def assembled(name: str, architecture: str) -> Assembled:
    """Compile one kernel to PTX and assemble it.

    Raises
    ------
    NumbaError, NvvmError, CalledProcessError
        If it cannot be.
    """
    from numba import cuda  # noqa: PLC0415 - only where the gpu extra is installed

    loop, signature = loops()[name]
    with _device(CAPABILITIES[architecture]), without_contraction():
        ptx, _ = cuda.compile_ptx(loop, signature, cc=CAPABILITIES[architecture])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.ptx"
        file.write_text(ptx)
        command = [assembler(), f"-arch={architecture}", "-v", str(file), "-o", str(Path(folder) / "kernel.cubin")]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return Assembled(
        name,
        architecture,
        ptx,
        registers=_most(r"Used (\d+) registers", told),
        stack=_most(r"(\d+) bytes stack frame", told),
        spilled=_most(r"(\d+) bytes spill stores", told),
        shared=_most(r"(\d+) bytes smem", told),
    )


def assembler() -> str:
    """NVIDIA's `ptxas`: that of the gpu extra's wheels, else the one on the PATH."""
    here = [folder / "nvidia" / "cu13" / "bin" / "ptxas" for folder in map(Path, sys.path)]
    return next((str(file) for file in here if file.exists()), shutil.which("ptxas") or "ptxas")


@contextmanager
def _device(capability: tuple[int, int]) -> Iterator[None]:
    # numba asks the current device what to compile the functions for that a kernel calls.
    from numba.cuda import dispatcher  # noqa: PLC0415 - only where the gpu extra is installed

    asked = dispatcher.get_current_device
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability)
    try:
        yield
    finally:
        dispatcher.get_current_device = asked


def _most(pattern: str, text: str) -> int:
    return max((int(found) for found in re.findall(pattern, text)), default=0)


if __name__ == "__main__":
    print(f"| kernel | {' | '.join(f'{one} registers' for one in CAPABILITIES)} | stack | spilled |")
    print("|---|---|---|---|---|")
    for kernel in loops():
        every = [assembled(kernel, one) for one in CAPABILITIES]
        registers = " | ".join(str(one.registers) for one in every)
        stack, spilled = max(one.stack for one in every), max(one.spilled for one in every)
        print(f"| `{kernel}` | {registers} | {stack} | {spilled} |", flush=True)
