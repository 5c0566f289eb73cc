"""A source's declarative description: one YAML file says where its readings are and what is done with them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from feature_platform.eras.settings import EraSettings
from feature_platform.errors import SourceError
from feature_platform.features.settings import FeatureSettings
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.selection.settings import SelectionSettings

SensorKind = Literal["continuous", "binary", "setpoint", "counter"]

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
SENSOR_ID = re.compile(r"[a-z0-9]+(?:[._][a-z0-9]+)*")
MAXIMUM_SENSOR_ID = 128


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


FRAME_COLUMNS = {"time"}


class SensorDescription(_Strict):
    """One measured channel. `id` is a slug; a CSV column is found by `header`, its position breaks ties."""

    id: str
    column: int | None = None
    """CSV: zero-based position of the column, counted over all columns of the file."""
    header: tuple[str, ...] = ()
    """CSV: the column's header texts, top row first; checked against the file when given."""
    key: str | None = None
    """Parquet: the column (wide) or sensor value (long). Postgres: the sensor value."""
    name: str = ""
    location: str = ""
    unit: str = ""
    kind: SensorKind = "continuous"
    range: tuple[float, float] | None = None
    """Physical range in the sensor's unit; values outside it become null in the frame."""

    @field_validator("id")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not SENSOR_ID.fullmatch(value) or len(value) > MAXIMUM_SENSOR_ID:
            raise ValueError(
                f"sensor id {value!r} must be lower case letters and digits joined by single '.' or '_', at most "
                f"{MAXIMUM_SENSOR_ID} characters; '__' is tsfresh's separator"
            )
        if value in FRAME_COLUMNS:
            raise ValueError(f"sensor id {value!r} is the name of a column that every frame has; choose another")
        return value

    @field_validator("range")
    @classmethod
    def _low_before_high(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not value[0] < value[1]:
            raise ValueError(f"range {value} must be [low, high] with low below high")
        return value


class CsvDialect(_Strict):
    """How a CSV export is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    encoding: str = "utf-8"
    header_rows: Annotated[int, Field(ge=0)] = 1
    missing: tuple[str, ...] = ("", "NA", "NaN", "nan", "null", "NULL", "-")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"encoding {value!r} is unknown; use one such as utf-8, cp1252 or utf-16") from error
        return value

    @model_validator(mode="after")
    def _distinct_signs(self) -> Self:
        if not (self.delimiter.isascii() and self.quote.isascii()) or "\n" in self.delimiter + self.quote:
            raise ValueError("delimiter and quote must be ASCII characters")
        if self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote are both {self.quote!r}")
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        return self


class TimeColumns(_Strict):
    """Where the local time of a row stands and which zone its clock keeps."""

    columns: tuple[int, ...] = (0,)
    """CSV: zero-based positions; several (date and time) are joined with one space."""
    key: str = "time"
    """Parquet and Postgres: the time column's name."""
    format: str = "%Y-%m-%d %H:%M:%S"
    zone: str = "UTC"
    """An IANA zone, or a fixed offset as `Etc/GMT-1` (which is UTC+1) for a logger that keeps no summer time."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"time zone {value!r} is unknown; use an IANA name such as Europe/Copenhagen, or Etc/GMT-1 for "
                "a clock that is always one hour ahead of UTC"
            ) from error
        return value


class ParquetLayout(_Strict):
    """Wide: one column per sensor. Long: one row per reading."""

    layout: Literal["wide", "long"] = "wide"
    sensor_key: str = "sensor_id"
    value_key: str = "value"


class PostgresTable(_Strict):
    """A long table of readings in PostgreSQL or TimescaleDB."""

    url_env: str = "FEATURE_PLATFORM_SOURCE_URL"
    """The environment variable that holds the database URL: no password stands in a description."""
    table: str
    schema_name: str = "public"
    sensor_key: str = "sensor_id"
    value_key: str = "value"


class Limits(_Strict):
    """What the asset checks tolerate."""

    rejected_share: Annotated[float, Field(ge=0, le=1)] = 0.001
    """Cells that could not be read, as a share of all cells that were not empty."""
    coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    out_of_range_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    null_feature_share: Annotated[float, Field(ge=0, le=1)] = 0.5


class SourceDescription(_Strict):
    """All that is known of one source.

    `files` are paths or globs relative to `folder`, the folder of the YAML file.
    """

    source: str
    simulated: bool = False
    format: Literal["csv", "parquet", "postgres"] = "csv"
    files: tuple[str, ...] = ()
    folder: Path = Path()
    csv: CsvDialect = CsvDialect()
    parquet: ParquetLayout = ParquetLayout()
    postgres: PostgresTable | None = None
    time: TimeColumns = TimeColumns()
    sensors: Annotated[tuple[SensorDescription, ...], Field(min_length=1)]
    eras: EraSettings = EraSettings()
    preprocessing: PreprocessingSettings = PreprocessingSettings()
    features: FeatureSettings = FeatureSettings()
    selection: SelectionSettings = SelectionSettings()
    limits: Limits = Limits()

    @field_validator("source")
    @classmethod
    def _name(cls, value: str) -> str:
        if not SOURCE_NAME.fullmatch(value):
            raise ValueError(
                f"source name {value!r} must be 1 to 32 lower case letters, digits, '_' or '-', and begin with a "
                "letter or digit: it is part of every era id"
            )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [sensor.id for sensor in self.sensors]
        repeated = sorted({sensor_id for sensor_id in ids if ids.count(sensor_id) > 1})
        if repeated:
            raise ValueError(f"sensor ids must be unique; {', '.join(repeated)} stands more than once")
        if self.format == "postgres" and self.postgres is None:
            raise ValueError("format postgres needs a postgres: section that names the table")
        if self.format != "postgres" and not self.files:
            raise ValueError(f"format {self.format} needs files: a list of paths or globs")
        if self.format == "csv":
            unplaced = [sensor.id for sensor in self.sensors if sensor.column is None and not sensor.header]
            if unplaced:
                raise ValueError(f"sensors {', '.join(unplaced)} need a column (position) or a header")
        return self

    @property
    def parse_version(self) -> str:
        """Hash of all that decides how a file's bytes become readings; a change imports the file anew."""
        decisive = self.model_dump(mode="json", include={"source", "format", "csv", "parquet", "postgres", "time"})
        decisive["sensors"] = [
            sensor.model_dump(mode="json", include={"id", "column", "header", "key"}) for sensor in self.sensors
        ]
        return _digest(decisive)

    @property
    def version_hash(self) -> str:
        """Hash of the whole description but for the folder that it lies in."""
        return _digest(self.model_dump(mode="json", exclude={"folder"}))


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def load_description(path: Path) -> SourceDescription:
    """Read a source description from YAML.

    Raises
    ------
    SourceError
        If the file is missing, is no YAML, or breaks a rule; every broken rule is listed with its key's path.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); name an existing source YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise SourceError(f"{path}: is not a source description (a YAML mapping that begins with source: NAME)")
    try:
        return SourceDescription.model_validate({"folder": path.resolve().parent, **content})
    except ValidationError as error:
        rules = "; ".join(
            f"{'.'.join(str(part) for part in found['loc']) or 'file'}: {found['msg'].removeprefix('Value error, ')}"
            for found in error.errors()
        )
        raise SourceError(f"{path}: {rules}") from error
