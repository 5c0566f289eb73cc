"""The series that all feature libraries are timed on: days of five-minute values as sensors give them."""

import numpy as np
import numpy.typing as npt


def series(count: int, length: int) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(1)
    time_of_day = np.arange(length) / 288 * 2 * np.pi
    walks = random.normal(size=(count, length)).cumsum(axis=1) * 0.1
    return np.round(20 + 5 * np.sin(time_of_day) + walks, 2)
