"""tsfresh's features, natively: the same columns and values, far faster. Usable without Dagster."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feature_platform.features.extraction import extract_features
    from feature_platform.features.native import extract_batch, extract_ragged

__all__ = ["extract_batch", "extract_features", "extract_ragged"]

ROOMS = {"extract_batch": "native", "extract_features": "extraction", "extract_ragged": "native"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module's attribute is depends on its name
    if name in ROOMS:
        # numba takes most of a second to import: only those who compute features need it.
        from importlib import import_module  # noqa: PLC0415 - as above

        return getattr(import_module(f"{__name__}.{ROOMS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
