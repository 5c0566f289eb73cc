"""The engines by name. What they compute with takes a second to import: most programs only ask for a version."""

import os
from importlib.metadata import version

from feature_platform.features.engine import FeatureEngine

NATIVE_VERSION = "1"
"""Raised by hand whenever a value of the native engine may change."""


def make_engine(name: str) -> FeatureEngine:
    """The engine `native` or `tsfresh`."""
    if name == "tsfresh":
        from feature_platform.features.reference import TsfreshEngine  # noqa: PLC0415 - see the module's text

        return TsfreshEngine()
    from feature_platform.features.native import NativeEngine  # noqa: PLC0415 - as above

    return NativeEngine()


def engine_version(name: str) -> str:
    """An engine's version, which every stored feature carries."""
    return version("tsfresh") if name == "tsfresh" else NATIVE_VERSION


def default_threads() -> int:
    """TSFRESH_N_JOBS or NUMBA_NUM_THREADS, which routes set for their workers, else the cores that are free to use."""
    named = os.environ.get("TSFRESH_N_JOBS") or os.environ.get("NUMBA_NUM_THREADS") or "0"
    return (int(named) if named.isdecimal() else 0) or len(os.sched_getaffinity(0))
