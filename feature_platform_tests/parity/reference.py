"""tsfresh's own values, from a process of its own.

There numpy sorts stably: permutation_entropy ranks ties by `argsort`, whose order numpy's SIMD sorts change from one
processor to the next. With those off, tsfresh gives the same values on all.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray

STABLE_SORTS = "X86_V4 X86_V3 AVX512_ICL AVX512_SPR"
STEP_MINUTES = 5


def tsfresh_values(
    series: Sequence[FloatArray], calculators: Mapping[str, list[dict[str, Any]] | None]
) -> list[dict[str, float | str]]:
    """Per series its columns by name; where a calculator raises, the error's text under the calculator's name.

    Each series has a DatetimeIndex of five minutes.
    """
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder) / "request.npz", Path(folder) / "answer.json"
        np.savez(request, *series)
        subprocess.run(
            [sys.executable, "-W", "ignore", __file__, str(request), str(answer)],
            check=True,
            input=json.dumps(list(calculators.items())),
            text=True,
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": STABLE_SORTS, "OPENBLAS_NUM_THREADS": "1"},
        )
        found: list[dict[str, float | str]] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def main(request: Path, answer: Path, calculators: Mapping[str, Any]) -> None:
    """Compute what a request asks for."""
    import pandas as pd  # noqa: PLC0415 - in the process of its own alone
    from tsfresh.feature_extraction.extraction import _do_extraction_on_chunk  # noqa: PLC0415 - as above

    with np.load(request) as stored:
        series = [stored[name] for name in stored.files]
    tables = []
    for values in series:
        indexed = pd.Series(values, index=pd.date_range("2024-03-01", periods=len(values), freq=f"{STEP_MINUTES}min"))
        found: dict[str, float | str] = {}
        for name, parameters in calculators.items():
            try:
                rows = _do_extraction_on_chunk((0, "", indexed), {name: parameters}, {}, show_warnings=False)
            except Exception as error:  # noqa: BLE001 - whatever tsfresh raises here is what there is to compare with
                found[name] = f"{type(error).__name__}: {error}"
            else:
                found |= {column.removeprefix("__"): float(value) for _, column, value in rows}
        tables.append(found)
    answer.write_text(json.dumps(tables), encoding="utf-8")


def with_tuples(calculators: list[list[Any]]) -> dict[str, Any]:
    """Calculators as JSON brought them, with lists as the tuples that they were."""
    return {
        name: None
        if parameters is None
        else [{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()} for entry in parameters]
        for name, parameters in calculators
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), with_tuples(json.load(sys.stdin)))
