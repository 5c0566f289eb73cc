"""The names of a feature table's columns."""

from collections.abc import Mapping, Sequence

from feature_platform.errors import FeatureError

WINDOW_START = "window_start"
WINDOW_END = "window_end"
COVERAGE_SUFFIX = "__coverage"
SEPARATOR = "__"


def kinds(sensors: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    """Per frame column that features come from the name that they bear, in order.

    That is the column's own, but `__` becomes `.` (`air_temp__mean_6h`: `air_temp.mean_6h`), because it is what tsfresh
    separates sensor, calculator and parameters by.

    Raises
    ------
    FeatureError
        If there is no column, or two columns' features would bear one name.
    """
    named = {column: column.replace(SEPARATOR, ".") for column in (*sensors, *extra)}
    if not named:
        raise FeatureError("no sensor to compute features of; the source's description lists none")
    taken: dict[str, str] = {}
    for column, kind in named.items():
        if taken.setdefault(kind, column) != column:
            raise FeatureError(
                f"columns {taken[kind]!r} and {column!r} would both give features named {kind!r}; rename the sensor, "
                "or leave the extra column out of features.columns"
            )
    return named


def feature_names(named: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """`{kind}__{calculator}__{param}_{value}`, as tsfresh writes and orders them: by kind, then by calculator."""
    return tuple(f"{kind}{SEPARATOR}{name}" for kind in named.values() for name in names)


def is_feature(column: str) -> bool:
    """Whether a feature table's column is a feature, not a key or a coverage."""
    return column not in {WINDOW_START, WINDOW_END} and not column.endswith(COVERAGE_SUFFIX)
