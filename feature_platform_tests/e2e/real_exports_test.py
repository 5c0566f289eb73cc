"""The main job on three real greenhouse exports: inspect proposes, run does the rest."""

from pathlib import Path

import pytest
import yaml

from feature_platform_tests.e2e.conftest import Home

pytestmark = [pytest.mark.e2e, pytest.mark.real_data]

STATED_ERAS = 2
EXPORTS = {
    "lamps": ("knudjepsen/NO3_LAMPEGRP_1.csv", 105_697, 1_022_619, 10, "Etc/GMT-1"),
    "extra": ("knudjepsen/NO3NO4.extra.csv", 105_409, 819_368, 8, "Etc/GMT-1"),
    "celle5": ("aarslev/celle5/*.csv", 30_522, 385_108, None, "Europe/Copenhagen"),
}
DECLARED = {
    "lamps": ("2015-11-02", "2015-11-05", "2016-04-01", "2016-04-03"),
    "extra": ("2015-11-02", "2015-11-05", "2016-04-01", "2016-04-03"),
    "celle5": ("2014-02-03", "2014-02-06", "2014-03-29", "2014-03-31"),
}


def inspected(home: Home, folder: Path, real_data: Path, name: str) -> Path:
    """The description that inspect proposes, as it stands."""
    files = sorted(str(file) for file in real_data.glob(EXPORTS[name][0]))
    assert files
    proposed = home.command("feature-platform", "inspect", *files, "--name", name).stdout
    path = folder / f"{name}.yaml"
    path.write_text(proposed, encoding="utf-8")
    return path


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", EXPORTS)
def test_a_real_export_becomes_selected_features_on_stated_eras(
    home: Home, tmp_path: Path, real_data: Path, name: str
) -> None:
    _, times, readings, sensors, zone = EXPORTS[name]
    source = inspected(home, tmp_path, real_data, name)
    assert yaml.safe_load(source.read_text(encoding="utf-8"))["time"]["zone"] == zone
    first, last, again, end = DECLARED[name]
    eras = tmp_path / "eras.csv"
    eras.write_text(f"start,end\n{first},{last}\n{again},{end}\n", encoding="utf-8")
    report = home.run_json("--source", str(source), "--eras", f"declared:{eras}", "--features", "efficient")
    assert (report["times"], report["readings"]) == (times, readings)
    if sensors is not None:
        assert report["sensors"] == sensors
    assert len(report["eras"]) == STATED_ERAS
    for row in report["eras"]:
        assert row["status"] == "SUCCESS", row["error"]
        assert row["selected"] > 0
        assert not row["checks"].get("failed")


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", EXPORTS)
def test_every_month_of_a_real_export_becomes_selected_features(
    home: Home, tmp_path: Path, real_data: Path, name: str
) -> None:
    source = inspected(home, tmp_path, real_data, name)
    report = home.run_json("--source", str(source), "--eras", "calendar:month", "--features", "efficient")
    assert report["readings"] == EXPORTS[name][2]
    assert sum(row["readings"] for row in report["eras"]) == report["readings"]
    for row in report["eras"]:
        assert row["status"] == "SUCCESS", row["error"]
        assert row["selected"] > 0
