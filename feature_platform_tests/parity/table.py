"""The result of `make parity` as the tables of docs/parity.md, written between two markers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from feature_platform_tests.parity.cases import GENERATED_NAME, LENGTHS, REAL, Case, real_name
from feature_platform_tests.parity.comparison import Difference
from feature_platform_tests.parity.exceptions import unexcused
from feature_platform_tests.parity.series import named_series

BEGIN = "<!-- written by make parity -->"
END = "<!-- end of what make parity writes -->"
OTHERS = (*map(real_name, REAL), GENERATED_NAME)
VERSIONS = ("tsfresh", "numpy")


@dataclass
class Outcome:
    """What a case came to: values compared, and the differing ones by kind of series, excused and not."""

    compared: int
    series: int
    excused: Counter[str] = field(default_factory=Counter)
    wrong: list[Difference] = field(default_factory=list)

    def cell(self, kinds: Sequence[str]) -> str:
        """How many values differ in series of some kinds."""
        excused = sum(self.excused[kind] for kind in kinds)
        wrong = sum(difference.series in kinds for difference in self.wrong)
        return f"{excused}" + f" and {wrong} not excused" * bool(wrong)


def outcome(case: Case, found: Sequence[Difference], compared: int) -> Outcome:
    """Sort what differs in a case by whether the exceptions excuse it."""
    wrong = unexcused(found, case.series)
    excused = Counter(difference.series for difference in found if difference not in wrong)
    return Outcome(compared, len(case.series), excused, wrong)


def write(page: str, outcomes: Mapping[str, Outcome]) -> str:
    """The page with its tables renewed."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks the lines {BEGIN} and {END}, between which the tables belong")
    return f"{before}{BEGIN}\n{tables(outcomes)}\n{END}{after}"


def tables(outcomes: Mapping[str, Outcome]) -> str:
    """Values that differ, by kind of series and class of lengths, then those of real and generated series."""
    kinds = list(named_series(2))
    classes = [outcomes[name] for name in LENGTHS]
    rows = [
        ("differ on", *LENGTHS),
        ("---",) * (1 + len(LENGTHS)),
        *((f"`{kind}`", *(found.cell([kind]) for found in classes)) for kind in kinds),
        ("of values compared", *(f"{found.compared:,}" for found in classes)),
    ]
    others = [
        ("series", "how many", "values compared", "differ"),
        ("---",) * 4,
        *(
            (name, f"{found.series}", f"{found.compared:,}", _with_constants(found))
            for name, found in ((name, outcomes[name]) for name in OTHERS)
        ),
    ]
    written = " and ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"\nWith {written}:\n\n{_markdown(rows)}\n\n{_markdown(others)}\n"


def _with_constants(found: Outcome) -> str:
    constant = found.cell(["constant"])
    others = found.cell(sorted({*found.excused, *(difference.series for difference in found.wrong)} - {"constant"}))
    return others if constant == "0" else f"{others}; in constant ones {constant}"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
