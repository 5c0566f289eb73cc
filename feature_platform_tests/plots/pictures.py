"""Reading a plot back."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from feature_platform.plots.canvas import WIDTH_PIXELS
from feature_platform.plots.palette import MAXIMUM_BYTES


def pixels(png: bytes) -> npt.NDArray[np.uint8]:
    """(height, width, 3) of a PNG that must be whole, small, and white at its corners."""
    assert len(png) <= MAXIMUM_BYTES
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    picture.load()
    assert WIDTH_PIXELS * 0.4 <= picture.width <= WIDTH_PIXELS
    image = np.asarray(picture.convert("RGB"))
    for corner in (image[0, 0], image[0, -1], image[-1, 0], image[-1, -1]):
        assert (corner == 255).all()
    return image


def share_of(image: npt.NDArray[np.uint8], colour: str) -> float:
    """The share of pixels within a few steps of a colour written as #RRGGBB."""
    wanted = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)])
    near = np.abs(image.astype(int) - wanted).max(axis=2) <= 12
    return float(near.mean())
