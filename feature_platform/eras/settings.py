"""How a source's eras are cut."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from feature_platform.duration import Duration
from feature_platform.errors import EraError

Method = Literal["calendar", "declared", "detected", "whole"]


class EraSettings(BaseModel):
    """One way of cutting: `calendar:day|week|month|Nd`, `declared:FILE`, `detected:a|b|c` or `whole`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "calendar"
    unit: str = "month"
    """Calendar: `day`, `week`, `month` or `Nd`, cut in the source's own zone."""
    file: str | None = None
    """Declared: a YAML or CSV list of eras with start, end and an optional label."""
    level: Literal["a", "b", "c"] = "a"
    """Detected: the finest level wanted; the coarser ones above it are cut too."""
    minimum_duration: Duration = timedelta(days=3)
    """Detected: no era of level a is shorter; b and c may be a quarter and a sixteenth of it, at least 6 h."""
    minimum_coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Detected: sensors with less than this share of hourly values are not used to find changes."""
    ceiling: Annotated[int, Field(ge=1)] = 5000
    """Detected and calendar: more eras than this on one level is refused."""

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        if not re.fullmatch(r"day|week|month|[1-9]\d{0,3}d", unit):
            raise ValueError(f"calendar unit {unit!r} is none of day, week, month, Nd (such as 10d)")
        return unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the short form that the command line takes.

        Raises
        ------
        EraError
            If it is none of the forms above.
        """
        method, _, rest = text.partition(":")
        match method, rest:
            case "calendar", unit if re.fullmatch(r"day|week|month|[1-9]\d{0,3}d", unit):
                return cls(method="calendar", unit=unit)
            case "declared", file if file:
                return cls(method="declared", file=file)
            case "detected", ("a" | "b" | "c") as level:
                return cls(method="detected", level=level)
            case "whole", "":
                return cls(method="whole")
        raise EraError(
            f"--eras {text!r} is not understood; use calendar:day, calendar:week, calendar:month, calendar:10d, "
            "declared:FILE, detected:a, detected:b, detected:c or whole"
        )
