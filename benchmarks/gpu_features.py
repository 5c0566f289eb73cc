"""Features on the GPU against the native engine on all cores. Prints one JSON object.

python benchmarks/gpu_features.py --series 100000 --length 288 --set efficient
"""

import json
import os
from functools import partial

from daily_curves import series
from gpu_engines import compared, features, largest_difference, parser, timed

from feature_platform.features.feature_sets import FEATURE_SETS


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--series", type=int, default=100_000)
    arguments.add_argument("--length", type=int, default=288)
    arguments.add_argument("--set", choices=sorted(FEATURE_SETS), default="efficient")
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    x = series(given.series, given.length)
    ask = partial(features, x, given.set, dry=given.dry)
    cpu = timed(partial(ask, gpu=False), given.repeats)
    gpu = timed(partial(ask, gpu=True), given.repeats)
    print(
        json.dumps(
            {
                "series": given.series,
                "length": given.length,
                "set": given.set,
                "features": cpu[0].shape[1],
                "cores": len(os.sched_getaffinity(0)),
                **compared(cpu, gpu),
                "largest_difference": largest_difference(cpu[0], gpu[0]),
            }
        )
    )


if __name__ == "__main__":
    main()
