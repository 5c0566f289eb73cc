"""`python -m feature_platform_tests.parity.compare`: native values that differ from tsfresh's, by calculator."""

import argparse
from collections import defaultdict

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.comparison import Difference, differences
from feature_platform_tests.parity.series import named_series

SHOWN = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calculators", help="by name, separated by commas; by default all that are native")
    parser.add_argument("--lengths", default="1,2,3,5,9,20,21,48,100,257,288")
    parser.add_argument("--series", help="by name, separated by commas; by default all")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    names = (
        arguments.calculators.split(",") if arguments.calculators else sorted(CALCULATORS.keys() & COMPREHENSIVE.keys())
    )
    calculators = {name: COMPREHENSIVE[name] for name in names}
    wanted = arguments.series.split(",") if arguments.series else None
    grouped: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    series = [
        (name, x)
        for length in map(int, arguments.lengths.split(","))
        for name, x in named_series(length, seed=arguments.seed).items()
        if not wanted or name in wanted
    ]
    differing, total = differences(series, calculators)
    for difference in differing:
        grouped[difference.calculator, difference.series].append(difference)
    for (calculator, name), found in sorted(grouped.items()):
        print(f"{calculator} on {name}: {len(found)} differ")
        for difference in found[:SHOWN]:
            print(f"   n={difference.length} {difference.column}: {difference.own!r} tsfresh {difference.tsfresh!r}")
    print(f"{len(differing)} of {total} values differ")


if __name__ == "__main__":
    main()
