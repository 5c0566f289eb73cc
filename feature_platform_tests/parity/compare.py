"""`python -m feature_platform_tests.parity.compare`: native values that differ from tsfresh's, by calculator.

With `--write` it compares all that docs/parity.md tells of, and writes the result there.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.cases import Case, by_length, generated, real
from feature_platform_tests.parity.comparison import Difference, differences_from
from feature_platform_tests.parity.exceptions import PAGE
from feature_platform_tests.parity.references import many_values
from feature_platform_tests.parity.series import named_series
from feature_platform_tests.parity.table import Outcome, outcome, write

SHOWN = 4
EXPORTS = Path(os.environ.get("FEATURE_PLATFORM_REAL_DATA", PAGE.parents[2] / "shared" / "data"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calculators", help="by name, separated by commas; by default all")
    parser.add_argument("--lengths", default="1,2,3,5,9,20,21,48,100,257,288")
    parser.add_argument("--series", help="by name, separated by commas; by default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="of tsfresh")
    parser.add_argument("--write", action="store_true", help="compare all that docs/parity.md tells of, and write it")
    arguments = parser.parse_args()
    outcomes = {}
    for case in every_case() if arguments.write else [chosen(arguments)]:
        outcomes[case.name] = compared(case, arguments.processes)
    if arguments.write:
        PAGE.write_text(write(PAGE.read_text(encoding="utf-8"), outcomes), encoding="utf-8")
    wrong = sum(len(found.wrong) for found in outcomes.values())
    total = sum(found.compared for found in outcomes.values())
    print(f"{wrong} of {total} values differ and are not excused by docs/parity.md")
    sys.exit(wrong > 0)


def chosen(arguments: argparse.Namespace) -> Case:
    names = arguments.calculators.split(",") if arguments.calculators else list(COMPREHENSIVE)
    wanted = arguments.series.split(",") if arguments.series else None
    series = [
        (name, x)
        for length in map(int, arguments.lengths.split(","))
        for name, x in named_series(length, seed=arguments.seed).items()
        if not wanted or name in wanted
    ]
    return Case("chosen", series, {name: COMPREHENSIVE[name] for name in names})


def every_case() -> Iterator[Case]:
    exports = EXPORTS / "greenhouse" if (EXPORTS / "greenhouse").is_dir() else EXPORTS
    if not exports.is_dir():
        sys.exit(f"error: {exports} is not there; set FEATURE_PLATFORM_REAL_DATA to the folder of the real exports")
    yield from real(exports)
    yield generated()
    yield from by_length()


def compared(case: Case, processes: int) -> Outcome:
    began = time.monotonic()
    expected = many_values([x for _, x in case.series], case.calculators, processes=processes)
    found, total = differences_from(expected, case.series, case.calculators)
    result = outcome(case, found, total)
    print(f"{case.name}: {len(found)} of {total} values differ, {time.monotonic() - began:.0f} s", flush=True)
    show([difference for difference in found if difference not in result.wrong], "excused")
    show(result.wrong, "NOT excused")
    return result


def show(differences: list[Difference], verdict: str) -> None:
    grouped: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for difference in differences:
        grouped[difference.calculator, difference.series].append(difference)
    for (calculator, name), found in sorted(grouped.items()):
        print(f"  {calculator} on {name}: {len(found)} differ, {verdict}")
        for difference in found[:SHOWN]:
            print(f"    n={difference.length} {difference.column}: {difference.own!r} tsfresh {difference.tsfresh!r}")


if __name__ == "__main__":
    main()
