"""`stale`, `sources` and `clean-up`: what a change costs, what is there, what may go."""

import json
from pathlib import Path

import pytest
import yaml

from feature_platform.cli import output
from feature_platform.eras.catalogue import Catalogue
from feature_platform.sources.description import load_description
from feature_platform.stages.platform import Platform
from feature_platform.stages.preprocessed_frame import build_frame
from feature_platform.stages.raw_readings import slice_readings
from feature_platform.templates import lay_out_home
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.routing.home import create_run, open_instance
from feature_platform_tests.routing.measured import measured
from feature_platform_tests.stages.house import take_in
from feature_platform_tests.tiny_source import TinySource, tiny_source

READINGS = 5 * 144 * 3


@pytest.fixture
def source(home: Path, tmp_path: Path) -> TinySource:
    lay_out_home(home)
    return tiny_source(tmp_path / "source", days=10, eras={"method": "calendar", "unit": "5d"})


@pytest.fixture
def platform(home: Path) -> Platform:
    return Platform.from_environment()


def test_a_change_is_told_with_its_cost_before_it_is_registered(
    command: Command, home: Path, platform: Platform, source: TinySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))
    config["run_coordinator"]["config"]["prices"] = {"cpu": 0.5}
    (home / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    eras = take_in(platform, source)
    slice_readings(platform, eras[0])
    build_frame(platform, eras[0])
    counts = platform.catalogue.row_counts(eras)
    begun, missing = sorted(json.loads(command("stale", "--json").stdout), key=lambda row: row["eras"])
    assert (begun["dataset"], begun["reason"], begun["eras"]) == ("tsfresh_features", "missing", 1)
    assert (missing["dataset"], missing["reason"], missing["eras"]) == ("raw_readings", "missing", len(eras) - 1)
    assert (missing["readings"], missing["untold"], missing["price"]) == (
        sum(counts.values()) - counts[eras[0]],
        len(eras) - 1,
        None,
    )
    sizes = [READINGS // 2, READINGS, READINGS * 2]
    name = load_description(source.yaml).features.cost_name
    platform.catalogue.record_costs(measured("cpu", sizes, lambda _: 36.0, feature_set=name))
    source.describe(preprocessing={"step": "20m", "max_gap": "1h"}, eras={"method": "calendar", "unit": "5d"})
    monkeypatch.setattr(output.out, "width", 200)
    told = {row["reason"]: row for row in json.loads(command("stale", "--source", str(source.yaml), "--json").stdout)}
    assert set(told) == {"missing", "stale_settings"}
    assert (told["stale_settings"]["dataset"], told["stale_settings"]["eras"]) == ("preprocessed_frame", 1)
    assert told["stale_settings"]["hours"] == pytest.approx(0.01, rel=1e-3)
    assert told["stale_settings"]["price"] == pytest.approx(0.005, rel=1e-3)
    assert "stale by settings" in command("stale", "--source", str(source.yaml)).stdout
    assert "stale" not in command("stale").stdout.replace("run --stale", "")  # nothing was registered
    assert platform.catalogue.source_version("tiny") == 1


def test_what_was_removed_or_cleaned_up_was_asked_about_first(
    command: Command, home: Path, platform: Platform, source: TinySource
) -> None:
    eras = take_in(platform, source)
    (row,) = json.loads(command("sources", "list", "--json").stdout)
    assert row == {
        "source": "tiny",
        "version": 1,
        "format": "csv",
        "sensors": 3,
        "eras": len(platform.catalogue.eras()),
        "simulated": False,
    }
    assert "tiny" in command("sources", "list").stdout
    assert "a run may still need what is so young; write 1d or more" in command("clean-up", "--older-than", "1h").stderr
    assert "--older-than: 'soon' is no duration" in command("clean-up", "--older-than", "soon").stderr
    assert "0 bytes could go; add --delete" in command("clean-up").stderr
    assert json.loads(command("clean-up", "--delete", "--json").stdout)["bytes"] == 0
    assert command("sources", "remove", "tiny").exit_code == 1  # nobody answers
    with open_instance(home) as instance:
        run = create_run(instance, {})
        for deed in (("clean-up", "--delete"), ("sources", "remove", "tiny", "--yes")):
            assert "1 runs are queued or under way" in command(*deed).stderr
        instance.delete_run(run.run_id)
    assert len(platform.catalogue.row_counts(eras)) == len(eras)
    removed = command("sources", "remove", "tiny", "--yes")
    assert (removed.exit_code, "source tiny removed" in removed.stderr) == (0, True)
    assert Catalogue(platform.catalogue_url).sources() == []
    unknown = command("sources", "remove", "tiny", "--yes")
    assert (unknown.exit_code, "none is yet: import one first" in unknown.stderr) == (2, True)
