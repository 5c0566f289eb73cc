"""tsfresh in a process of its own, where numpy sorts stably.

tsfresh's permutation_entropy ranks ties by `argsort`, whose order numpy's SIMD sorts change from one processor to the
next; with those off, tsfresh gives the same values on all.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from feature_platform.errors import FeatureError
from feature_platform.features.engine import FloatArray, TimeArray
from feature_platform.features.parameters import Calculators

STABLE_SORTS = "X86_V4 X86_V3 AVX512_ICL AVX512_SPR"


@dataclass(frozen=True)
class ReferenceProcess:
    """Answers with tsfresh's own values until it is left."""

    process: "subprocess.Popen[bytes]"

    def values(
        self, calculators: Calculators, x: FloatArray, times: TimeArray | None
    ) -> tuple[FloatArray, tuple[str, ...]]:
        """As `reference_values`.

        Raises
        ------
        FeatureError
            If tsfresh cannot compute them, or the process is gone.
        """
        requests, answers = self.process.stdin, self.process.stdout
        if requests is None or answers is None:
            raise FeatureError("the reference process has no pipes")
        try:
            pickle.dump((dict(calculators), x, times), requests)
            requests.flush()
            found = pickle.load(answers)  # noqa: S301 - from the process that this one started
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise FeatureError(
                f"the process that runs tsfresh ended with {self.process.wait()}, perhaps for lack of memory; give "
                "it more, or lower features.reference_share"
            ) from error
        if isinstance(found, FeatureError):
            raise found
        values, names = found
        return values, names


@contextmanager
def reference_process() -> Iterator[ReferenceProcess]:
    """Start it, and end it whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": STABLE_SORTS, "OPENBLAS_NUM_THREADS": "1"},
    )
    with process:
        try:
            yield ReferenceProcess(process)
        finally:
            process.kill()


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    from feature_platform.features.reference import reference_values  # noqa: PLC0415 - seconds; after the environment is set

    while True:
        try:
            calculators, x, times = pickle.load(requests)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        try:
            found: object = reference_values(calculators, x, times)
        except FeatureError as error:
            found = error
        pickle.dump(found, answers)
        answers.flush()


if __name__ == "__main__":
    # What tsfresh prints must not end up between answers.
    own_answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _serve(sys.stdin.buffer, own_answers)
