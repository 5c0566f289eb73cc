import numpy as np
import pytest

from feature_platform.plots.sketch import Sketch
from feature_platform_tests.plots.pictures import pixels

MIDDLE = 400


def ink(across: int) -> int:
    sketch = Sketch(120, title="")
    sketch.text((across, 80), "Mar 03", anchor="mt")
    return int((255 - pixels(sketch.png()).astype(np.int64)).sum())


@pytest.mark.parametrize("across", [1, 795])
def test_a_label_at_a_side_is_as_whole_as_one_in_the_middle(across: int) -> None:
    assert ink(across) == ink(MIDDLE)
