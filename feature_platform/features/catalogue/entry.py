"""What the catalogue says of a calculator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from feature_platform.features.calculators.kernel import Parameters

Kind = Literal["count", "share", "flag", "position", "nats", "correlation", "probability", "number", "degrees", "bins"]
"""What a value without a unit is."""

KINDS: Mapping[Kind, str] = {
    "count": "a count",
    "share": "share, 0 to 1",
    "flag": "0 or 1",
    "position": "share of the window",
    "nats": "nats",
    "correlation": "correlation, -1 to 1",
    "probability": "probability, 0 to 1",
    "number": "none",
    "degrees": "degrees",
    "bins": "frequency bins",
}


@dataclass(frozen=True)
class Entry:
    """One calculator, in words.

    Parameters
    ----------
    name
        As tsfresh writes it.
    meaning
        One sentence for a feature; `{parameter}` stands for its value, or for the phrase that `words` has for it.
    formula
        In the notation of `page.NOTATION`.
    kind
        What a value is where it has no unit of the sensor's; may depend on the parameters.
    per
        What follows the unit, as in `per step`; may depend on the parameters too.
    parameters
        What each parameter of the calculator says.
    words
        Phrases for a parameter's values.
    reference
        Where the method was published, if it is not textbook statistics.
    """

    name: str
    meaning: str
    formula: str
    kind: Kind | Callable[[Parameters], Kind] = "number"
    per: str | Callable[[Parameters], str] = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[object, str]] = field(default_factory=dict)
    reference: str = ""

    def sentence(self, parameters: Parameters) -> str:
        """The meaning of the feature with these parameters."""
        return self.meaning.format_map({key: self._phrase(key, value) for key, value in parameters.items()})

    def kind_of(self, parameters: Parameters) -> Kind:
        """What a value is where it has no unit."""
        return self.kind(parameters) if callable(self.kind) else self.kind

    def per_of(self, parameters: Parameters) -> str:
        """What follows the unit."""
        return self.per(parameters) if callable(self.per) else self.per

    def _phrase(self, key: str, value: object) -> str:
        if isinstance(value, float):
            return f"{value:g}"  # tsfresh's own parameters are such as 0.15000000000000002
        return self.words[key].get(value, str(value)) if key in self.words else str(value)


AGGREGATES: Mapping[object, str] = {
    "max": "largest",
    "min": "smallest",
    "mean": "mean",
    "median": "median",
    "var": "variance",
    "std": "standard deviation",
}
"""Phrases for tsfresh's `f_agg`."""
