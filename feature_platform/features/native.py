"""The native engine: tsfresh's columns and values from compiled kernels, many series at once."""

import pickle
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feature_platform.errors import FeatureError, SeriesError
from feature_platform.features.calculators.arguments import RefusedError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.run import Progress, run
from feature_platform.features.engine import FeaturePlan, FloatArray, TimeArray
from feature_platform.features.engines import NATIVE_VERSION, KernelEngineName, default_threads, make_kernel_engine
from feature_platform.features.feature_sets import ParameterList
from feature_platform.features.parameters import calculators_of
from feature_platform.features.plan import Plan, make_plan
from feature_platform.features.reference import probe_columns, reference_values

if TYPE_CHECKING:
    from feature_platform.features.settings import FeatureSettings

RunKernels = Callable[[Plan, FloatArray, FloatArray, int | None, Progress | None], FloatArray]
"""`run(plan, x, hours, threads, progress)`: values of the plan's kernels; see `cpu.run.run`."""

LARGEST_SQUARED = 1e150
"""The sum of squares of larger values overflows, for any length."""
MOST_STEPS = 2**20
"""tsfresh counts up to some of its parameters, so it is not tried with larger ones that no kernel takes."""


def extract_batch(
    series: npt.ArrayLike,
    calculators: Mapping[str, ParameterList],
    *,
    times: TimeArray | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    engine: KernelEngineName = "native",
) -> tuple[FloatArray, tuple[str, ...]]:
    """Features of series of one length: values (n_series, n_features) float64, and their names in tsfresh's order.

    Parameters
    ----------
    series
        (n_series, n_time) numbers without NaN.
    calculators
        tsfresh's settings: calculator -> list of its parameters, None for a calculator without.
    times
        (n_time,) or (n_series, n_time) datetime64; without them linear_trend_timewise has no columns, as in tsfresh.
    threads
        By default what `default_threads` says. The values are the same for any number, bit for bit.
    progress
        Is told how many series of how many are done.
    engine
        `native` is the CPU; `gpu` an NVIDIA GPU; `auto` a GPU where there is one and the series are worth it.

    Raises
    ------
    FeatureError
        If the series are no such array, a calculator or its parameters cannot be computed, or a GPU that is asked for
        fails or is not there.
    SeriesError
        If one series has NaN, or values that tsfresh's calculator refuses.
    """
    x = _checked(series)
    plan = _plan(calculators, timewise=times is not None)
    _warn_of_delegated(plan)
    made = make_kernel_engine(engine, series=len(x), length=x.shape[1])
    return _extract(made.run, plan, x, times, threads, progress), plan.names


def extract_ragged(
    series: Sequence[npt.NDArray[np.number[Any]]],
    calculators: Mapping[str, ParameterList],
    *,
    times: Sequence[TimeArray] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Features of series of any lengths; `times` are one array for each. Else as `extract_batch`."""
    plan = _plan(calculators, timewise=times is not None)
    _warn_of_delegated(plan)
    by_length: dict[int, list[int]] = defaultdict(list)
    for position, one in enumerate(series):
        by_length[np.shape(one)[0]].append(position)
    values = np.full((len(series), len(plan.names)), np.nan)
    done = 0
    for positions in by_length.values():
        when = None if times is None else np.stack([times[position] for position in positions])
        try:
            x = _checked(np.stack([series[position] for position in positions]))
            values[positions] = _extract(NativeEngine().run, plan, x, when, threads, None)
        except SeriesError as error:
            raise SeriesError(positions[error.position], error.problem) from error
        done += len(positions)
        if progress is not None:
            progress(done, len(series))
    return values, plan.names


@dataclass
class NativeEngine:
    """Kernels on the CPU; what a custom set asks beyond them goes through tsfresh, and `delegated` says so."""

    reason: str = "the settings ask for the CPU"
    name: str = "native"
    version: str = NATIVE_VERSION
    batch_size: int = 4096

    def run(
        self, plan: Plan, x: FloatArray, hours: FloatArray, threads: int | None, progress: Progress | None
    ) -> FloatArray:
        """See `cpu.run.run`."""
        return run(plan, x, hours, threads=threads, progress=progress)

    def plan(self, settings: "FeatureSettings") -> FeaturePlan:
        """See `FeatureEngine.plan`."""
        plan = _plan(calculators_of(settings), timewise=True)

        def extract(series: FloatArray, times: TimeArray) -> FloatArray:
            return _extract(self.run, plan, _checked(series), times, None, None, strict=False)

        return FeaturePlan(plan.names, plan.reasons, extract)


def _plan(calculators: Mapping[str, ParameterList], *, timewise: bool) -> Plan:
    # Planning hundreds of columns takes as long as computing dozens of series.
    if all(name in CALCULATORS for name in calculators):
        try:
            return _remembered_plan(pickle.dumps((dict(calculators), timewise)))
        except (pickle.PicklingError, AttributeError, TypeError):
            pass  # a parameter that is no plain value
    return _new_plan(calculators, timewise=timewise)


@lru_cache(maxsize=64)
def _remembered_plan(packed: bytes) -> Plan:
    calculators, timewise = pickle.loads(packed)  # noqa: S301 - packed a line above, never from outside
    return _new_plan(calculators, timewise=timewise)


def _new_plan(calculators: Mapping[str, ParameterList], *, timewise: bool) -> Plan:
    refused: list[RefusedError] = []

    def foreign_columns(calculator: str, parameters: ParameterList) -> tuple[str, ...]:
        return probe_columns({calculator: parameters}, timewise=timewise)

    while True:
        try:
            return make_plan(calculators, timewise=timewise, foreign_columns=foreign_columns, refused=refused)
        except RefusedError as error:
            # What no kernel takes tsfresh may take; where it does not either, the kernel's error is the clearer one.
            name, parameters = error.request
            if any(isinstance(value, int) and abs(value) > MOST_STEPS for value in parameters.values()):
                raise
            try:
                probe_columns({name: [parameters]}, timewise=timewise)
            except FeatureError:
                raise error from None
            refused.append(error)


def _warn_of_delegated(plan: Plan) -> None:
    for calculator, reason in plan.reasons.items():
        name = getattr(calculator, "__name__", calculator)
        warnings.warn(f"{name} goes through tsfresh itself, series by series: {reason}", stacklevel=3)


def _extract(
    run_kernels: RunKernels,
    plan: Plan,
    x: FloatArray,
    times: TimeArray | None,
    threads: int | None,
    progress: Progress | None,
    *,
    strict: bool = True,
) -> FloatArray:
    hours = np.empty((1, 0)) if times is None else _hours(np.atleast_2d(times))
    values = run_kernels(plan, x, hours, threads or default_threads(), progress)
    if plan.delegated and len(x):
        places = {name: position for position, name in enumerate(plan.names)}
        found, columns = reference_values(plan.delegated, x, times)
        values[:, [places[column] for column in columns]] = found
    # An era of many windows does not fail for one that tsfresh refuses for one calculator: it is null there.
    if x.size and strict:
        _settle_doubtful(plan, x, times, values)
    return values


def _settle_doubtful(plan: Plan, x: FloatArray, times: TimeArray | None, values: FloatArray) -> None:
    """Ask tsfresh itself where its answer depends on how it fails: it raises, or gives NaN in ways of its own."""
    if not plan.doubtful:
        return
    extreme = ~(np.maximum(x.max(axis=1), -x.min(axis=1)) < LARGEST_SQUARED)
    for calculator, requests, columns in plan.doubtful:
        doubtful = extreme if calculator.extremes else np.zeros_like(extreme)
        if calculator.refuses:
            doubtful = doubtful | np.isnan(values[:, columns]).any(axis=1)
        rows = np.flatnonzero(doubtful)
        if not len(rows):
            continue
        when = times if times is None or times.ndim == 1 else times[rows]
        try:
            found, _ = reference_values({calculator.name: requests if calculator.keys else None}, x[rows], when)
        except SeriesError as error:
            raise SeriesError(int(rows[error.position]), error.problem) from error
        values[np.ix_(rows, columns)] = found


def _hours(times: TimeArray) -> FloatArray:
    micros = times.astype("datetime64[us]").astype(np.int64)
    # In tsfresh's own two steps: to seconds, then to hours.
    seconds = (micros - micros[:, :1]) / 1e6
    hours: FloatArray = seconds / 3600.0
    return np.ascontiguousarray(hours)


def _checked(series: npt.ArrayLike) -> FloatArray:
    try:
        read = np.asarray(series)
    except ValueError as error:
        raise FeatureError(f"series are no array: {error}; use extract_ragged for series of several lengths") from error
    if read.dtype.kind not in "biuf" or read.ndim != 2:  # noqa: PLR2004 - series by time
        raise FeatureError(
            f"series are {read.dtype} of the shape {read.shape}; give real numbers of the shape (n_series, n_time)"
        )
    x = np.ascontiguousarray(read, dtype=np.float64)
    blank = np.flatnonzero(np.isnan(x).any(axis=1))
    if len(blank):
        place = int(np.isnan(x[blank[0]]).argmax())
        raise SeriesError(int(blank[0]), f"it has NaN at {place}, and tsfresh takes none: fill or drop it")
    return x
