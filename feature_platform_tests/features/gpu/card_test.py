"""The engine on a real card; without one it says why it was not tried. Never run so far."""

import numpy as np
import pytest

from feature_platform.features import extract_batch
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.engines import gpu_obstacle
from feature_platform.features.tolerance import close, natural_scale, powers_of
from feature_platform_tests.features.calculators.requests import REQUESTS
from feature_platform_tests.parity.series import named_series

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(gpu_obstacle() is not None, reason=f"no GPU to compute on: {gpu_obstacle()}"),
]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("length", [1, 7, 32, 144, 288, 2016])
def test_a_card_gives_the_cpus_values(length: int) -> None:
    kinds = ("walk", "noise", "seasonal", "rounded", "step", "counts", "spikes", "negative", "held")
    x = np.stack([named_series(length)[kind] for kind in kinds])
    times = np.datetime64("2024-01-01") + np.arange(length) * np.timedelta64(5, "m")
    expected, names = extract_batch(x, REQUESTS, times=times)
    values, _ = extract_batch(x, REQUESTS, times=times, engine="gpu")
    powers = powers_of(REQUESTS)
    off = [
        f"{kind} {name}: {ours!r}, on the CPU {wanted!r}"
        for kind, series, own, theirs in zip(kinds, x, values.tolist(), expected.tolist(), strict=True)
        for name, ours, wanted in zip(names, own, theirs, strict=True)
        if not _left_to_the_transform(name)
        and not close(ours, wanted, natural_scale(series, powers.get(name, (0, False))[0]), exact=_exact(name))
    ]
    assert not off


def _left_to_the_transform(name: str) -> bool:
    # Another library's Fourier transform moves a bin's edge, and the angle of what is nothing but rounding.
    return name.startswith("fourier_entropy") or 'attr_"angle"' in name


def _exact(name: str) -> bool:
    return CALCULATORS[name.partition("__")[0]].exact
