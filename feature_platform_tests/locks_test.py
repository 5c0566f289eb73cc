"""The locks hold the extras, and the CPU's set lies in the GPU's: both run the same versions."""

import re
import tomllib
from pathlib import Path

import pytest

import feature_platform

TOP = Path(feature_platform.__file__).parent.parent

pytestmark = pytest.mark.skipif(not (TOP / "locks").is_dir(), reason="the package is installed: there are no locks")


def pins(name: str) -> dict[str, str]:
    text = (TOP / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    found = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))
    assert len(found) > 50
    return found


@pytest.mark.parametrize(
    ("inner", "outer"), [("cpu", "gpu"), ("image-cpu", "cpu"), ("image-gpu", "gpu"), ("image-cpu", "image-gpu")]
)
def test_one_lock_lies_in_the_other(inner: str, outer: str) -> None:
    around = pins(outer)
    assert {name: version for name, version in pins(inner).items() if around.get(name) != version} == {}


@pytest.mark.parametrize("lock", ["gpu", "image-gpu"])
def test_the_gpus_locks_have_all_of_its_extra(lock: str) -> None:
    extras = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    asked = {re.split(r"[\[<>=]", requirement)[0] for requirement in extras["gpu"]}
    assert {"cudf-polars-cu13", "cupy-cuda13x", "numba-cuda"} <= asked
    assert asked <= pins(lock).keys()
