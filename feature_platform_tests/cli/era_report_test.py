"""`feature-platform eras show` and `report`: the figures are those stored, the page needs nothing beside it."""

import base64
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.eras.stage_costs import StageCost
from feature_platform.plots.palette import VERMILLION
from feature_platform.sources.description import load_description
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform.stages.selected_features import project_features
from feature_platform_tests.cli.conftest import Command
from feature_platform_tests.orchestration.batches import run_batch
from feature_platform_tests.plots.pictures import pixels, share_of
from feature_platform_tests.stages.house import ROWS_A_DAY, house, take_in_description

LABEL = "<b>late & wet</b>"
ERAS = f"""
- {{start: 2024-03-01, end: 2024-03-07T06:00, label: "{LABEL}"}}
- {{start: 2024-03-08, end: 2024-03-10}}
"""
VOID = {"meta", "img", "br"}


def spoiled(row: int, cells: list[str]) -> list[str]:
    """Ten values out of range on the first day, and eight hours without humidity on the second."""
    if row < 10:
        return [cells[0], "99", *cells[2:]]
    if ROWS_A_DAY <= row < ROWS_A_DAY + 48:
        return [*cells[:2], "", cells[3]]
    return cells


@pytest.fixture
def ran(command: Command, tmp_path: Path) -> list[str]:
    """Two eras: the first went through a batch and follows a pinned selection, the second was only cut."""
    source = house(
        tmp_path / "source",
        change=spoiled,
        selection={"maximum_missing": 0.5},
        eras={"method": "declared", "file": "eras.yaml"},
    )
    (source.folder / "eras.yaml").write_text(ERAS, encoding="utf-8")
    assert command("eras", "migrate").exit_code == 0
    platform = Platform.from_environment()
    take_in_description(platform, load_description(source.yaml))
    records = sorted(platform.catalogue.eras(), key=lambda record: record.era.start)
    first, second = (record.era_id for record in records)
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions("eras", [first, second])
        definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
        assert run_batch(definitions, instance, [first]).is_success
    (scope,) = scopes(platform)
    pin_selection(platform, scope)
    project_features(platform, first)
    # A run that no launcher started has no route, and so no measured cost.
    now = datetime.now(UTC)
    platform.catalogue.record_costs(
        StageCost("cpu", "minimal", "tsfresh_features", era, 2652, 35, 1.25, "native", now, 2.5, 512)
        for era in (first, "another")
    )
    return [first, second]


class Page(HTMLParser):
    """What an HTML page holds; unbalanced tags fail."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours written as #RRGGBB."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_an_era_is_told_and_drawn_as_it_is_stored(command: Command, ran: list[str], tmp_path: Path) -> None:
    told = json.loads(command("eras", "show", ran[0], "--json").stdout)
    _figures_are_those_that_are_stored(told)
    printed = command("eras", "show", ran[0]).stdout
    assert LABEL in printed
    assert "air_temp: 10 of 900 readings outside its range became null." in printed

    file = tmp_path / "era.html"
    assert command("eras", "report", ran[0], "--out", str(file)).exit_code == 0
    text = file.read_text(encoding="utf-8")
    page = Page(text)
    assert LABEL in page.text
    assert not re.search(r"https?:|url\(|@import|<script|<link", text)
    for check in told["checks"]:
        assert check["description"] in page.text
    assert "The last 6 hours fill no window." in page.text
    assert "2 of 6 windows have gaps" in page.text
    _pictures_are_inside_and_told(page)
    _colours_can_be_read(text)
    _one_that_was_only_cut_says_what_is_missing(command, ran[1], tmp_path)


def _figures_are_those_that_are_stored(told: dict[str, Any]) -> None:
    assert told["readings"] == 900 * 3 - 48
    assert [stage["state"] for stage in told["datasets"]] == ["fresh"] * 4
    assert told["selection"].endswith(" v1")
    sensors = {sensor["sensor"]: sensor for sensor in told["sensors"]}
    assert sensors["air_temp"]["outside_range"] == 10
    assert sensors["humidity"]["readings"] == 900 - 48
    assert sensors["humidity"]["coverage"] == pytest.approx(1 - 48 / 900)
    assert told["windows"] == {"count": 6, "with_gaps": 2, "dropped_tail_hours": 6.0}
    results = {check["check"]: check["result"] for check in told["checks"]}
    assert results["physical_range"] == "passed"
    assert results["regular_grid"] == "passed"
    assert len(told["checks"]) == 12
    (cost,) = told["costs"]
    assert (cost["route"], cost["stage"], cost["seconds"], cost["memory_mib"]) == ("cpu", "tsfresh_features", 1.25, 512)


def _pictures_are_inside_and_told(page: Page) -> None:
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 5
    for picture in pictures:
        assert picture["alt"]
        kind, _, content = str(picture["src"]).partition(",")
        assert kind == "data:image/png;base64"
        pixels(base64.b64decode(content))
    readings = pictures[0]
    assert "Outside their range: 10 of air_temp." in str(readings["alt"])
    drawn = pixels(base64.b64decode(str(readings["src"]).partition(",")[2]))
    assert share_of(drawn, VERMILLION) > 0


def _colours_can_be_read(text: str) -> None:
    schemes = re.findall(r":root \{([^}]*)\}", text)
    assert len(schemes) == 2
    assert text.index("prefers-color-scheme: dark") > text.index(schemes[0])
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for name in ("ink", "muted", "bad"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, (name, colours)


def _one_that_was_only_cut_says_what_is_missing(command: Command, era_id: str, tmp_path: Path) -> None:
    told = json.loads(command("eras", "show", era_id, "--json").stdout)
    assert [stage["state"] for stage in told["datasets"]] == ["missing"] * 4
    assert (told["checks"], told["costs"], told["windows"], told["selection"]) == ([], [], None, None)
    file = tmp_path / "era.html"
    assert command("eras", "report", era_id, "--out", str(file)).exit_code == 0
    page = Page(file.read_text(encoding="utf-8"))
    assert "None was recorded in Dagster." in page.text
    assert not [tag for tag, _ in page.tags if tag == "img"]

    lost = command("eras", "show", era_id[:-1])
    assert lost.exit_code == 2
    assert f"the nearest ids are {era_id}" in lost.stderr
    nowhere = command("eras", "report", era_id, "--out", str(tmp_path / "none" / "era.html"))
    assert nowhere.exit_code == 2
    assert "cannot be written (No such file or directory); name another with --out" in nowhere.stderr
