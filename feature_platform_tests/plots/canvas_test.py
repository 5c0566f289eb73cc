import base64
import re
import threading

import numpy as np
import pytest

from feature_platform.plots.canvas import drawable, new_figure, plain_axes, render
from feature_platform.plots.data_uri import data_uri
from feature_platform.plots.palette import BLUE
from feature_platform_tests.plots.pictures import pixels, share_of


@pytest.mark.parametrize(
    ("text", "longest", "drawn"),
    [
        ("afd1.air_temp", 20, "afd1.air_temp"),
        ("abcdefghijklmnop", 10, "abcdef…nop"),
        ("a\nb\t c", 20, "a b c"),
        ("🌱 æøå °C", 20, "□ æøå °C"),
        ("$x$", 20, r"\$x\$"),
        ("", 20, ""),
    ],
)
def test_text_becomes_drawable(text: str, longest: int, drawn: str) -> None:
    assert drawable(text, longest) == drawn


@pytest.mark.parametrize("longest", range(3, 12))
def test_shortened_text_is_as_long_as_allowed(longest: int) -> None:
    assert len(drawable("abcdefghijklmnopqrst", longest)) == longest


def test_a_picture_too_rich_in_colours_is_made_small_and_keeps_its_named_ones() -> None:
    figure = new_figure(6.0, title="noise")
    axes = plain_axes(figure.add_axes((0.1, 0.1, 0.8, 0.6)))
    axes.imshow(np.random.default_rng(0).random((480, 640, 3)), aspect="auto")
    axes.axvspan(0, 640, 0, 0.2, color=BLUE)
    assert share_of(pixels(render(figure)), BLUE) > 0.05


def test_the_callers_matplotlib_settings_stay_as_they_are() -> None:
    import matplotlib as mpl  # noqa: PLC0415 - the state under test

    before = dict(mpl.rcParams)
    render(new_figure(2.0, title="x"))
    assert dict(mpl.rcParams) == before


def test_threads_draw_at_the_same_time() -> None:
    alone = [render(new_figure(2.0, title=f"plot {number}")) for number in range(4)]
    together: dict[int, bytes] = {}

    def draw(number: int) -> None:
        together[number] = render(new_figure(2.0, title=f"plot {number}"))

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(4)] == alone


@pytest.mark.parametrize("alt", ["Sensors of era x", "brackets ] ( [ and\nlines", "back\\slash", "🌱"])
def test_markdown_picture_gives_the_png_back(alt: str) -> None:
    png = render(new_figure(1.0, title="x"))
    match = re.fullmatch(r"!\[([^\[\]\n\\]*)\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", data_uri(png, alt))
    assert match is not None
    assert base64.b64decode(match[2]) == png
    assert match[1]
