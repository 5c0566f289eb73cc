"""tsfresh's own values, from a process of its own that stays until this one ends: it takes seconds to start.

There numpy sorts stably: permutation_entropy ranks ties by `argsort`, whose order numpy's SIMD sorts change from one
processor to the next. With those off, tsfresh gives the same values on all.
"""

import atexit
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from feature_platform.features.reference_process import STABLE_SORTS

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.datetime64]
Calculators = Mapping[str, list[dict[str, Any]] | None]
Table = dict[str, float | str]
"""Values by column; where a calculator raises, the error's text under the calculator's name."""

START = np.datetime64("2024-03-01T00:00", "us")
STEP_MINUTES = 5


def regular_times(length: int) -> TimeArray:
    """Five minutes from one to the next."""
    return START + np.arange(length) * np.timedelta64(STEP_MINUTES, "m")


def tsfresh_values(
    series: Sequence[FloatArray], calculators: Calculators, *, times: Sequence[TimeArray] | None = None
) -> list[Table]:
    """A table of each series, which has a DatetimeIndex: of `times`, else of five minutes."""
    return reference().values(series, calculators, times)


@lru_cache(maxsize=1)
def reference() -> "Reference":
    """The one that a process asks if it does not need several."""
    return Reference()


class Reference:
    """A process that answers with tsfresh's values; `environment` is what it has beyond this process's own."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ
            | {"NPY_DISABLE_CPU_FEATURES": STABLE_SORTS, "OPENBLAS_NUM_THREADS": "1"}
            | dict(environment or {}),
        )
        atexit.register(self.close)

    def values(
        self, series: Sequence[FloatArray], calculators: Calculators, times: Sequence[TimeArray] | None = None
    ) -> list[Table]:
        """A table of each series; `times` as in `tsfresh_values`."""
        asked, answered = self._pipes()
        pickle.dump((list(series), dict(calculators), None if times is None else list(times)), asked)
        asked.flush()
        found: list[Table] = pickle.load(answered)  # noqa: S301 - written by this very file
        return found

    def close(self) -> None:
        """End the process."""
        for pipe in self._pipes():
            pipe.close()
        self._process.wait()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("the reference was started without pipes")
        return self._process.stdin, self._process.stdout


def tables(
    series: Sequence[FloatArray], calculators: Calculators, times: Sequence[TimeArray] | None = None
) -> list[Table]:
    """What tsfresh gives in this process."""
    import pandas as pd  # noqa: PLC0415 - in the process of its own alone
    from tsfresh.feature_extraction.extraction import _do_extraction_on_chunk  # noqa: PLC0415 - as above

    found: list[Table] = []
    for values, when in zip(series, times or map(regular_times, map(len, series)), strict=True):
        indexed = pd.Series(values, index=pd.DatetimeIndex(when))
        table: Table = {}
        for name, parameters in calculators.items():
            try:
                rows = _do_extraction_on_chunk((0, "", indexed), {name: parameters}, {}, show_warnings=False)
            except Exception as error:  # noqa: BLE001 - whatever tsfresh raises here is what there is to compare with
                table[name] = f"{type(error).__name__}: {error}"
            else:
                table |= {column.removeprefix("__"): float(value) for _, column, value in rows}
        found.append(table)
    return found


def serve() -> None:
    """Answer what comes in, until nothing more does."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What tsfresh or a library prints must not get between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while sys.stdin.buffer.peek(1):
        series, calculators, times = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by this very file
        pickle.dump(tables(series, calculators, times), answers)
        answers.flush()


if __name__ == "__main__":
    serve()
