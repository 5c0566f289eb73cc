"""The table at the end of a run."""

import pytest

from feature_platform.cli import output
from feature_platform.cli.output import print_report
from feature_platform.client.report import EraRow, RunReport

ROW = EraRow(
    era="demo.declared.20240101t0000-abcdef",
    label="[/bold]",
    readings=1_022_619,
    route="gpu",
    engine="cpu + tsfresh",
    seconds=12.34,
    windows=30,
    features=240,
    selected=77,
    selection="v1",
    checks={"passed": 10, "warned": 1},
    status="SUCCESS",
)
FAILED = EraRow(
    era="demo.declared.20240601t0000-fedcba",
    label="",
    readings=0,
    route="cpu",
    engine="",
    seconds=0.5,
    windows=0,
    features=0,
    selected=0,
    selection="",
    checks={},
    status="FAILURE",
    error="era demo.declared.20240601t0000-fedcba has no readings; import [the] missing files",
)


def report(*rows: EraRow, simulated: bool = False) -> RunReport:
    return RunReport(
        source="demo",
        simulated=simulated,
        times=105_697,
        readings=1_022_619,
        sensors=10,
        rejected={"unreadable_number": 1200},
        eras=rows,
    )


def printed(made: RunReport, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(output.out, "width", 200)
    print_report(made)
    return capsys.readouterr().out


def test_it_has_what_a_person_wants_to_know(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(report(ROW), capsys, monkeypatch)
    assert "demo: 1,022,619 readings, 10 sensors, 105,697 times" in text
    names = ("era", "readings", "route", "engine", "seconds", "windows", "features", "selected", "checks")
    assert all(f" {name} " in text for name in names)
    for cell in (ROW.era, "gpu", "cpu + tsfresh", "12.3", "77 (v1)", "10 passed, 1 warned"):
        assert cell in text
    assert "cells rejected: 1,200 unreadable_number" in text


def test_simulated_data_is_called_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "demo [simulated data]: " in printed(report(ROW, simulated=True), capsys, monkeypatch)
    assert "simulated" not in printed(report(ROW), capsys, monkeypatch)


def test_a_failed_era_is_told_with_its_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = report(ROW, FAILED)
    text = printed(made, capsys, monkeypatch)
    assert f"{FAILED.era}: {FAILED.error}" in text
    assert not made.fine
    assert report(ROW).fine


def test_the_json_has_the_keys_that_scripts_read() -> None:
    content = report(ROW).to_json()
    assert {"times", "readings", "sensors", "rejected", "eras", "source", "simulated"} == set(content)
    assert {"era", "readings", "route", "engine", "seconds", "windows", "features", "selected", "checks"} <= set(
        content["eras"][0]
    )
