"""Put a big era into the feature store named on the command line: for tests that end the process half-way."""

import sys

import numpy as np

from feature_platform.eras.era import Era
from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.store.values import DAY, START, era_values, windows

NAMES = [f"a__{number}" for number in range(500)]
WINDOWS = 8_000
BIG = Era("house", "whole", START, START + WINDOWS * DAY)

if __name__ == "__main__":
    values = np.random.default_rng(1).normal(size=WINDOWS).tolist()
    table = windows(dict.fromkeys(NAMES, values))
    wanted = era_values(NAMES, era=BIG, content="m2", features="f2", hour=1)
    FeatureStore(sys.argv[1]).put(wanted, table, still_wanted=lambda: True)
