"""What the columns of a feature table say, and in which units."""

from collections.abc import Mapping, Sequence

import polars as pl

from feature_platform.errors import FeatureError
from feature_platform.features.columns import SEPARATOR, kinds
from feature_platform.preprocessing.columns import rolling_columns, scaled_column
from feature_platform.sources.description import SensorDescription, SourceDescription

SHOWN = 60
COLUMNS = ("column", "sensor", "calculator", "meaning", "unit")


def feature_units(description: SourceDescription) -> dict[str, str | None]:
    """Per name that features bear the unit of its values: None where it is not known, empty where there is none."""
    units = {sensor.id: _unit(sensor) for sensor in description.sensors}
    rolled = rolling_columns(description.sensors, description.preprocessing)
    units |= {column: units[sensor_id] for column, (sensor_id, _, _) in rolled.items()}
    units |= {scaled_column(sensor.id): "" for sensor in description.sensors}
    return {kind: units.get(column) for column, kind in kinds([*units], ()).items()}


def described_columns(columns: Sequence[str], units: Mapping[str, str | None]) -> pl.DataFrame:
    """`column, sensor, calculator, meaning, unit`, all text, of the first 60 features: it travels in an event."""
    from feature_platform.features.catalogue.describe import (  # noqa: PLC0415 - kernels' modules; scipy
        UNKNOWN,
        describe_feature,
    )

    rows = []
    for column in columns[:SHOWN]:
        sensor, _, feature = column.partition(SEPARATOR)
        try:
            found = describe_feature(feature, units.get(sensor))
        except FeatureError:
            # A function of the user's own, or a calculator that tsfresh alone has.
            rows.append((column, sensor, feature.partition(SEPARATOR)[0], "not in the catalogue", UNKNOWN))
        else:
            rows.append((column, sensor, found.calculator, found.meaning, found.unit))
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row")


def _unit(sensor: SensorDescription) -> str | None:
    return sensor.unit or ("" if sensor.kind == "binary" else None)
