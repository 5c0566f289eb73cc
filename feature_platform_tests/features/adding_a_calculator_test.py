"""docs/adding-a-calculator.md, followed to the letter in a copy of the package."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from feature_platform.features.settings import FeatureSettings

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "adding-a-calculator.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NO_OWN = "OWN: Mapping[str, ParameterList] = {}"

SIMULATED = """
import json
import os
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import numpy as np
from feature_platform.features.gpu.run import run
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.requests import REQUESTS
plan = make_plan({"quantile_range": REQUESTS["quantile_range"]}, timewise=True, foreign_columns=lambda *_: ())
series = np.random.default_rng(0).normal(size=(3, 32))
values = run(plan, series, np.arange(32)[None] / 12, free_bytes=lambda: 2**30)
print(json.dumps({"series": series.tolist(), "values": values.tolist()}))
"""
SAYS_ALL = """
import json
from feature_platform.features.cpu.cache import cache_folder
print(json.dumps({"series": series.tolist(), "values": values.tolist(), "names": names, "cache": cache_folder().name}))
"""


def block(language: str, after: str) -> str:
    """The first block of a language behind some words."""
    found = next(match for match in FENCE.finditer(PAGE, PAGE.index(after)) if match[1] == language)
    return found[2]


@dataclass(frozen=True)
class Copy:
    """The package and its tests in a folder of their own, where the page was followed."""

    top: Path

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        variables = {"PYTHONPATH": str(self.top), "NUMBA_CACHE_DIR": str(self.top / "cache")}
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.top,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def said(self, program: str) -> dict[str, Any]:
        done = self.python("-c", program)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def edit(self, file: str, old: str, new: str, *, times: int) -> None:
        path = self.top / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == times
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, file: str) -> None:
        path = self.top / file
        assert not path.exists()
        path.write_text(block("python", f"`{file}`"), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    top = tmp_path_factory.mktemp("copy")
    for package in ("feature_platform", "feature_platform_tests"):
        shutil.copytree(TOP / package, top / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", top)
    copied = Copy(top)
    copied.write("feature_platform/features/calculators/spread.py")
    copied.write("feature_platform_tests/features/calculators/spread_test.py")
    registry = "feature_platform/features/calculators/registry.py"
    listed = block("", f"`{registry}`")
    copied.edit(registry, listed.replace("    spread,\n", ""), listed, times=2)
    catalogue = "feature_platform/features/catalogue/values.py"
    copied.edit(catalogue, "ENTRIES = (\n", "ENTRIES = (\n" + block("", f"`{catalogue}`"), times=1)
    requests = "feature_platform_tests/features/calculators/requests.py"
    copied.edit(requests, NO_OWN, NO_OWN[:-1] + "\n" + block("", f"`{requests}`") + "}", times=1)
    return copied


def test_the_new_columns_come_out_and_are_numpys(copy: Copy) -> None:
    found = copy.said(block("python", "Now it can be asked for") + SAYS_ALL)
    series = np.array(found["series"])
    quantiles = {q: np.quantile(series, q, axis=1) for q in (0.1, 0.25, 0.75, 0.9)}
    expected = np.column_stack([quantiles[0.75] - quantiles[0.25], quantiles[0.9] - quantiles[0.1]])
    assert found["values"] == expected.tolist()
    assert all(f"`{name}`" in PAGE for name in found["names"])
    assert len(set(found["names"])) == 2


def test_its_own_test_and_those_of_the_registry_pass(copy: Copy) -> None:
    tests = "feature_platform_tests/features"
    files = ("calculators/spread_test.py", "calculators/targets_test.py", "catalogue_test.py")
    chosen = ("-k", "spread_test or quantile_range or asked_for or every_calculator or every_feature")
    arguments = ("-q", "-p", "no:cacheprovider", *chosen, *(f"{tests}/{file}" for file in files))
    done = copy.python("-m", "pytest", *arguments)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^8 passed, \d+ deselected", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.cudasim
def test_the_simulator_gives_numpys_values(copy: Copy) -> None:
    found = copy.said(SIMULATED)
    series = np.array(found["series"])
    expected = np.quantile(series, 0.75, axis=1) - np.quantile(series, 0.25, axis=1)
    np.testing.assert_array_equal(np.array(found["values"])[:, 0], expected)


def test_a_custom_feature_set_takes_it(copy: Copy) -> None:
    described = yaml.safe_load(block("yaml", "Now it can be asked for"))["features"]
    settings = FeatureSettings.model_validate(described).model_dump_json()
    program = f"""
import json
from feature_platform.features.parameters import calculators_of
from feature_platform.features.settings import FeatureSettings
from feature_platform.features.native import NativeEngine
settings = FeatureSettings.model_validate_json({settings!r})
print(json.dumps({{"asked": list(calculators_of(settings)), "delegated": NativeEngine().plan(settings).delegated}}))
"""
    assert copy.said(program) == {"asked": ["mean", "quantile_range"], "delegated": {}}


def test_a_change_is_compiled_anew(copy: Copy) -> None:
    program = block("python", "Now it can be asked for") + SAYS_ALL
    before = copy.said(program)
    again = copy.said(program)
    copy.edit("feature_platform/features/calculators/spread.py", ") - sorted", ") + sorted", times=1)
    after = copy.said(program)
    assert before == again
    assert before["cache"] != after["cache"]
    series = np.array(after["series"])
    assert after["values"][0][0] == np.quantile(series[0], 0.75) + np.quantile(series[0], 0.25)
