"""A deployment of its own for each module of end-to-end tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform.templates import lay_out_home

BIN = Path(sys.executable).parent
THRESHOLD_ROWS = 2000
"""Low enough that a tiny source has eras on both sides of it."""


@dataclass(frozen=True)
class Home:
    """A Dagster home, and the commands that a user would type in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DAGSTER_HOME": str(self.folder), "COLUMNS": "200"}

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's own executables in this home."""
        name, *rest = arguments
        done = subprocess.run(
            [str(BIN / name), *rest],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=560,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def run_json(self, *arguments: str, check: bool = True) -> dict[str, Any]:
        done = self.command("feature-platform", "run", *arguments, "--json", check=check)
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    lay_out_home(folder)
    settings = yaml.safe_load((folder / "dagster.yaml").read_text(encoding="utf-8"))
    settings["run_coordinator"]["config"]["threshold_rows"] = THRESHOLD_ROWS
    (folder / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(folder))
        yield Home(folder)
