"""`feature-platform init` and `doctor` in a folder of one's own."""

import json
from pathlib import Path

import pytest
import yaml

from feature_platform.sources.description import load_description
from feature_platform.templates import NAMES, template
from feature_platform_tests.cli.conftest import Command


def test_init_lays_out_what_a_user_edits(command: Command, tmp_path: Path) -> None:
    result = command("init", str(tmp_path / "work"))
    assert result.exit_code == 0
    for name in NAMES:
        assert (tmp_path / "work" / ".feature_platform" / name).read_text(encoding="utf-8") == template(name)
    assert load_description(tmp_path / "work" / "source.yaml").source == "my_greenhouse"


def test_init_leaves_alone_what_is_there(command: Command, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "source.yaml").write_text("mine", encoding="utf-8")
    command("init", str(tmp_path / "work"))
    again = command("init", str(tmp_path / "work"))
    assert "wrote" not in again.stderr
    assert (tmp_path / "work" / "source.yaml").read_text(encoding="utf-8") == "mine"


def findings(command: Command, *, code: int) -> dict[str, dict[str, object]]:
    result = command("doctor", "--json")
    assert result.exit_code == code
    printed: dict[str, dict[str, object]] = json.loads(result.stdout)
    return printed


def test_doctor_finds_a_fresh_home_fit(command: Command, home: Path) -> None:
    found = findings(command, code=0)
    assert list(found) == [
        "python",
        "home",
        "queue and routing",
        "catalogue",
        "storage",
        "feature store",
        "disk",
        "gpu",
    ]
    assert found["home"]["says"] == str(home)
    assert found["queue and routing"]["says"] == "EraRunCoordinator, RoutedRunLauncher"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run_launcher: [", "cannot be loaded (while parsing"),
        ("run_launcher: 3", "cannot be loaded (Errors whilst loading"),
        ("telemetry: {enabled: false}", "so runs are not routed; take run_coordinator and run_launcher from"),
        ("run_coordinator: {module: nowhere, class: Nothing}", "Couldn't import module nowhere"),
    ],
)
def test_doctor_tells_what_is_wrong_with_dagster_yaml(command: Command, home: Path, text: str, says: str) -> None:
    home.mkdir()
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    found = findings(command, code=1)
    assert [name for name, finding in found.items() if not finding["fine"]] == ["queue and routing"]
    assert says in str(found["queue and routing"]["says"])


def test_doctor_names_the_key_of_a_limit_that_is_none(command: Command, home: Path) -> None:
    home.mkdir()
    settings = yaml.safe_load(template("dagster.yaml"))
    settings["run_coordinator"]["config"]["limits"]["cpu"] = "many"
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    found = findings(command, code=1)
    assert "run_coordinator.config.limits.cpu: 'many' is no number of runs" in str(found["queue and routing"]["says"])


def test_dev_does_not_start_with_a_route_that_cannot_be_built(command: Command, home: Path) -> None:
    home.mkdir()
    settings = yaml.safe_load(template("dagster.yaml"))
    settings["run_launcher"]["config"]["routes"]["gpu"]["config"]["memory_percent"] = 0
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    result = command("dev")
    assert result.exit_code == 2
    assert "run_launcher.config.routes.gpu.config.memory_percent: 0 is no share" in result.stderr.replace("\n", " ")


def test_doctor_tells_of_a_home_and_a_store_that_cannot_be_used(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file stands here", encoding="utf-8")
    monkeypatch.setenv("FEATURE_PLATFORM_STORAGE", str(tmp_path / "taken"))
    assert "cannot be written" in str(findings(command, code=1)["storage"]["says"])
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "taken"))
    assert "cannot be written (File exists)" in str(findings(command, code=1)["home"]["says"])
