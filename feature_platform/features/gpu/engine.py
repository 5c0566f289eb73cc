"""The engine that computes features on an NVIDIA GPU, and on the CPU where that fails."""

from dataclasses import dataclass, field

from feature_platform.device.faults import classify, device_errors
from feature_platform.device.obstacle import remember
from feature_platform.errors import FeatureError
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.cpu.run import Progress
from feature_platform.features.gpu.pace import Pace
from feature_platform.features.native import NativeEngine
from feature_platform.features.plan import Plan


@dataclass
class GpuEngine(NativeEngine):
    """The kernels on the current device. Once it fails, all that follows is computed on the CPU, unless it is `forced`.

    Its values are the CPU's, as closely as two libraries' logarithms and Fourier transforms agree.
    """

    reason: str = "a GPU is there"
    name: str = "gpu"
    batch_size: int = 2**16
    forced: bool = False
    failed: bool = False
    series: int = 0
    """Computed on the GPU so far."""
    paces: dict[tuple[int, int], Pace] = field(default_factory=dict, repr=False)
    """By the number of columns and the length: the size of batches is learned once."""

    def run(
        self, plan: Plan, x: FloatArray, hours: FloatArray, threads: int | None, progress: Progress | None
    ) -> FloatArray:
        """See `gpu.run.run`.

        Raises
        ------
        FeatureError
            If the GPU is forced and fails.
        """
        if not self.failed:
            try:
                values = self._run_on_gpu(plan, x, hours, progress)
            except device_errors() as error:
                fault = classify(error)
                remember(fault)
                failure = f"the GPU failed: {fault}"
                if self.forced:
                    raise FeatureError(f"engine gpu is forced, but {failure}; set engine: auto") from error
                self.failed, self.reason = True, failure
                self.name = "gpu and native" if self.series else "native"
            else:
                self.series += len(x)
                return values
        return super().run(plan, x, hours, threads, progress)

    def _run_on_gpu(self, plan: Plan, x: FloatArray, hours: FloatArray, progress: Progress | None) -> FloatArray:
        # Its import fails without the libraries, which is a failure like any other.
        from feature_platform.features.gpu.card import free_bytes  # noqa: PLC0415 - as above
        from feature_platform.features.gpu.run import run  # noqa: PLC0415 - as above

        pace = self.paces.setdefault((len(plan.names), x.shape[1]), Pace(x.shape[1])) if x.size else None
        return run(plan, x, hours, free_bytes=free_bytes, pace=pace, progress=progress)
