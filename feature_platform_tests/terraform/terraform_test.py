"""terraform/ by Terraform itself: every argument is one of its provider's, and the tests beside the files hold."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from feature_platform_tests.terraform.conftest import DEPLOYMENTS, TOP, Terraform, tool


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")
def test_files_are_formatted() -> None:
    command = ["terraform", "fmt", "-check", "-recursive", "-diff", str(TOP / "terraform")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.deploy
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_every_argument_is_one_of_its_resource(terraform: Terraform, deployment: str) -> None:
    ended = terraform(deployment, "validate")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.deploy
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_plans_are_as_the_tests_beside_them_say(terraform: Terraform, deployment: str) -> None:
    tests = (TOP / "terraform" / deployment / "tests").glob("*.tftest.hcl")
    runs = sum(len(re.findall(r'^run "', file.read_text(encoding="utf-8"), re.MULTILINE)) for file in tests)
    ended = terraform(deployment, "test")
    assert f"Success! {runs} passed, 0 failed." in ended.stdout, ended.stdout + ended.stderr


WRONG = """
resource "google_compute_router" "wrong" {
  name        = "a"
  network     = "b"
  nat_address = "c"
}
"""


@pytest.mark.deploy
def test_a_wrong_argument_is_caught(terraform: Terraform, checkout: Path) -> None:
    wrong = checkout / "terraform" / "gke" / "wrong.tf"
    wrong.write_text(WRONG, encoding="utf-8")
    try:
        ended = terraform("gke", "validate")
    finally:
        wrong.unlink()
    assert ended.returncode == 1
    assert 'An argument named "nat_address" is not expected here.' in ended.stderr


@pytest.mark.deploy
def test_checkov_finds_nothing_without_a_reason() -> None:
    checkov = TOP / ".deploy" / "bin" / "checkov"
    program = str(checkov) if checkov.exists() else tool("checkov")
    command = [program, "--framework", "terraform", "--compact", "--quiet", "--skip-download", "--output", "json"]
    ended = subprocess.run(
        [*command, "--directory", str(TOP / "terraform")],
        env=os.environ | {"HCL_PARSE_TIMEOUT_SEC": "60"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    # It goes on without a file that it could not read in time.
    assert {"failed": 0, "parsing_errors": 0}.items() <= json.loads(ended.stdout)["summary"].items()


@pytest.mark.deploy
def test_the_start_up_script_is_sound() -> None:
    ended = subprocess.run(
        [tool("shellcheck"), str(TOP / "terraform" / "vm" / "startup.sh")], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
