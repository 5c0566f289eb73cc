"""Terraform with the real providers where its registry answers, else with stand-ins that have their schemas."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feature_platform_tests.terraform.provider_schema import Package, schema, used_types

TOP = Path(__file__).parent.parent.parent
DEPLOYMENTS = ("gke", "vm", "modules/ground")
Terraform = Callable[..., "subprocess.CompletedProcess[str]"]


def tool(name: str) -> str:
    """Its path; a user without it skips the test, CI fails."""
    path = shutil.which(name)
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} is not on the PATH")
    return path


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what Terraform reads: it writes beside its files."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("terraform", "docker"):
        shutil.copytree(TOP / folder, copy / folder, ignore=shutil.ignore_patterns(".terraform*", "secrets", ".env"))
    return copy


@pytest.fixture(scope="session")
def terraform(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Runs `terraform` in a deployment's folder, which is initialised without its backend."""
    program = tool("terraform")
    environment = os.environ | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}

    def run(deployment: str, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [program, f"-chdir={checkout / 'terraform' / deployment}", *words, "-no-color"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    if run(DEPLOYMENTS[0], "init", "-backend=false").returncode:
        environment["TF_CLI_CONFIG_FILE"] = str(stand_ins(tmp_path_factory.mktemp("providers")))
    for deployment in DEPLOYMENTS:
        ended = run(deployment, "init", "-backend=false")
        assert ended.returncode == 0, ended.stderr
    return run


def stand_ins(folder: Path) -> Path:
    """A configuration of Terraform's that takes providers from a mirror of stand-ins."""
    go = tool("go")
    wheels = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        "--require-hashes",
    ]
    subprocess.run([*wheels, "--requirement", str(TOP / "locks" / "terraform.txt")], check=True)
    built = folder / "stand-in"
    source = Path(__file__).parent / "stand_in"
    subprocess.run([go, "build", "-o", str(built), "."], cwd=source, check=True)
    platform = subprocess.run(
        [go, "env", "GOOS", "GOARCH"], cwd=source, check=True, capture_output=True, text=True
    ).stdout.split()
    used = used_types(TOP / "terraform" / deployment for deployment in DEPLOYMENTS)
    for name in ("google", "random"):
        (wheel,) = folder.glob(f"cdktf_cdktf_provider_{name}-*.whl")
        package = Package(wheel)
        home = folder / "mirror" / "registry.terraform.io" / "hashicorp" / name / package.version / "_".join(platform)
        home.mkdir(parents=True)
        shutil.copy(built, home / f"terraform-provider-{name}_v{package.version}")
        (home / "schema.json").write_text(json.dumps(schema(package, name, used)), encoding="utf-8")
    config = folder / "terraformrc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n')
    return config
