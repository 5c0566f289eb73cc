"""The catalogue as a page of Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.catalogue.describe import source_of, unit_text
from feature_platform.features.catalogue.entries import CHAPTERS
from feature_platform.features.catalogue.entry import KINDS, Entry
from feature_platform.features.cost import MICROSECONDS
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS

COMMAND = "feature-platform features catalogue"
NOTATION = """\
`x₁ … xₙ` are the values of one window, `μ` is their mean, `σ` their standard deviation (divided by n), `#` a count,
`Δᵢ = xᵢ₊₁ - xᵢ`, `ln` the natural logarithm, `u` the sensor's unit."""
INTRODUCTION = f"""\
# Feature catalogue

What every calculator says, how it is computed, in which unit it comes and what it costs.
{NOTATION}

- **Unit**: what follows from the sensor's `unit` in its source's description; where that is empty, it is not known,
  and stays `u`. A binary sensor without a unit has none.
- **Cost** is what tsfresh takes for one column alone, in µs: of two columns that say the same, selection keeps the one
  that is cheaper by it.
- **Sets** are tsfresh's that have it, with the columns that it has for each sensor in the largest.

One feature, with its unit and the selections that it is in:

```sh
feature-platform features describe afd3.air_temp__quantile__q_0.9
feature-platform features describe quantile --json
```

This page is written by `{COMMAND}`.
"""
MOST = 10
"""More values than this of a parameter are told as a range."""


def catalogue_page() -> str:
    """All entries, by chapters."""
    return "\n".join([INTRODUCTION, *(line for chapter in CHAPTERS for line in _chapter(chapter))])


def _chapter(chapter: str) -> Iterator[str]:
    yield f"## {chapter}\n"
    for entry in CHAPTERS[chapter]:
        yield f"### {entry.name}\n"
        yield f"{entry.meaning.replace('{', '*').replace('}', '*')}\n"
        yield f"- `{entry.formula}`"
        for name, said in entry.parameters.items():
            yield f"- **{name}**: {said}{_tsfreshs(entry.name, name)}"
        yield f"- Unit: {'; or '.join(_units(entry))}. {_cost(entry)} {_sets(entry)}"
        origin = f"; {entry.reference}" if entry.reference else ""
        yield f"- Source: [tsfresh]({source_of(entry)}){origin}\n"


def _requests(entry: Entry) -> list[Mapping[str, Any]]:
    return list(COMPREHENSIVE.get(entry.name) or [{}])


def _tsfreshs(calculator: str, parameter: str) -> str:
    asked = [one[parameter] for one in COMPREHENSIVE.get(calculator) or () if parameter in one]
    values = list(dict.fromkeys(f"{one:g}" if isinstance(one, float) else str(one) for one in asked))
    if not values:
        return ""
    return f" ({', '.join(values) if len(values) <= MOST else f'{len(values)} values, {values[0]} to {values[-1]}'})"


def _units(entry: Entry) -> list[str]:
    power = CALCULATORS[entry.name].power
    found = []
    for parameters in _requests(entry):
        try:
            otherwise, per = KINDS[entry.kind_of(parameters)], entry.per_of(parameters)
            found.append(unit_text(None, power(parameters), per, otherwise))
        except KeyError:  # a calculator that tsfresh does not have: its parameters are not known here
            return ["by its parameters"]
    return list(dict.fromkeys(found))


def _cost(entry: Entry) -> str:
    cost = MICROSECONDS.get(entry.name)
    return "Cost: not measured." if cost is None else f"Cost: {cost:,}."


def _sets(entry: Entry) -> str:
    names = [name for name, calculators in FEATURE_SETS.items() if entry.name in calculators]
    count = len(_requests(entry))
    columns = f" ({count} columns)" if count > 1 else ""
    return f"Sets: {', '.join(names)}{columns}." if names else "In no set: ask for it by `custom`."
