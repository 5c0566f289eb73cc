"""`feature-platform warm`: compile the feature kernels into the cache, for images and first runs."""

import time
import warnings

from feature_platform.cli.output import say, stop


def warm() -> None:
    """Compile every feature kernel for this machine's processor, or for NUMBA_CPU_NAME with NUMBA_CPU_FEATURES=''."""
    from feature_platform.features.calculators.registry import CALCULATORS  # noqa: PLC0415 - keeps --help fast
    from feature_platform.features.cpu.cache import KernelCacheWarning, cache_folder  # noqa: PLC0415 - imports numba
    from feature_platform.features.cpu.warm import warm_kernels  # noqa: PLC0415 - imports numba

    began = time.perf_counter()
    kernels = {id(calculator.kernel): calculator.kernel for calculator in CALCULATORS.values()}
    with warnings.catch_warnings():
        warnings.simplefilter("error", KernelCacheWarning)
        try:
            compiled_now = warm_kernels([kernel.function for kernel in kernels.values()])
        except KernelCacheWarning as warning:
            stop(str(warning))
    say.print(
        f"{len(kernels)} kernels are in {cache_folder()}, {compiled_now} of them compiled now "
        f"({time.perf_counter() - began:.0f} s)",
        markup=False,
    )
