"""Model-ready tsfresh features per operational era of sensor readings."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feature_platform.load import load_features

__all__ = ["load_features"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module's attribute is depends on its name
    if name in __all__:
        # Importing the package must stay instant: this pulls in Polars and SQLAlchemy.
        from feature_platform import load  # noqa: PLC0415

        return getattr(load, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
