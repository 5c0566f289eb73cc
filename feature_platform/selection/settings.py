"""How feature columns are selected."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

EngineChoice = Literal["auto", "cpu", "gpu"]
Share = Annotated[float, Field(ge=0, le=1)]


class SelectionSettings(BaseModel):
    """Missing share, then variance, then correlation clusters, then FRESH relevance where a target is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    maximum_missing: Share = 0.2
    minimum_variance: Annotated[float, Field(ge=0)] = 1e-12
    """Relative to the column's mean square, so that a column's unit does not decide."""
    maximum_correlation: Share = 0.95
    target: str | None = None
    """A CSV file with the columns era_id, window_start (optional) and target."""
    fdr_level: Share = 0.05
    engine: EngineChoice = "auto"
    """What correlates the columns. It decides no choice, so versions do not remember it."""
