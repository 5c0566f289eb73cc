"""The series that native values are held against tsfresh on: plain, real-looking, and every kind of nasty."""

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray


def named_series(length: int, *, seed: int = 0) -> dict[str, FloatArray]:
    """Series of one length by name, float64 without NaN."""
    random = np.random.default_rng([seed, length])
    time = np.arange(length)
    noise = random.standard_normal(length)
    walk = random.standard_normal(length).cumsum()
    autoregressive = np.zeros(length)
    for i in range(1, length):
        autoregressive[i] = 0.8 * autoregressive[i - 1] + noise[i]
    spikes = np.zeros(length)
    spikes[random.integers(0, length, max(1, length // 40))] = 9.5
    held = max(1, length // 12)
    return {
        "walk": walk,
        "noise": noise,
        "autoregressive": autoregressive,
        "seasonal": 20 + 5 * np.sin(2 * np.pi * time / 24) + 0.3 * random.standard_normal(length),
        "rounded": np.round(20 + walk, 1),
        "step": np.where(time < length // 2, 3.5, 7.25) + 0.01 * noise,
        "ramp": 0.5 * time + 3,
        "saw": (time % 7).astype(float),
        "zero": np.zeros(length),
        "constant": np.full(length, 3.7),
        "two_valued": (random.random(length) < 0.3).astype(float),
        "counts": random.integers(0, 6, length).astype(float),
        "mostly_zero": np.where(random.random(length) < 0.05, np.abs(noise), 0.0),
        "spikes": spikes,
        "tiny": 1e-12 * random.standard_normal(length),
        "huge": 1e12 * random.standard_normal(length),
        "offset": 1e6 + 1e-2 * random.standard_normal(length),
        "negative": -50 - np.abs(walk),
        "held": np.round(walk[time // held * held], 2),
        "denormal": 1e-310 * noise,
        "few_denormals": np.where(random.random(length) < 0.1, 1e-312 * np.abs(noise), 0.0),
    }
