"""The first hour in the UI, in a real browser: sources, a backfill, an era's page, a failed check, the sensor."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import expect

from feature_platform_tests.e2e.browser import Browser, cell_beside, opened_browser, rows, running_ui
from feature_platform_tests.e2e.conftest import Home
from feature_platform_tests.tiny_source import TinySource, tiny_source

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ERAS = """
- {start: 2024-03-01, end: 2024-03-03, label: seedlings}
- {start: 2024-03-03, end: 2024-03-09, label: growth}
- {start: 2024-03-10, end: 2024-03-15, label: a hole of three days}
"""
FOURTH_ERA = "- {start: 2024-03-15, end: 2024-03-17, label: harvest}\n"
STAGES = ("raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features")
LOCATION = "/locations/feature_platform"
RUN_SECONDS = 240


@pytest.fixture(scope="module")
def source(home: Home, tmp_path_factory: pytest.TempPathFactory) -> TinySource:
    folder = tmp_path_factory.mktemp("source")
    eras = folder / "eras.yaml"
    eras.write_text(ERAS, encoding="utf-8")
    source = tiny_source(folder, days=10, eras={"method": "declared", "file": "eras.yaml"})
    source.write_days("tiny-late.csv", 13, 3)
    declare(home, source)
    return source


def wait_until(holds: Callable[[dg.DagsterInstance], bool]) -> None:
    """Until the runs are over; looked for in Dagster's storage, so that pages are only asked for what they can show."""
    deadline = time.monotonic() + RUN_SECONDS
    with dg.DagsterInstance.get() as instance:
        while not holds(instance):
            assert time.monotonic() < deadline
            time.sleep(0.5)


def finished(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    done = dg.RunsFilter(job_name="era_job", statuses=[dg.DagsterRunStatus.SUCCESS])
    return list(instance.get_runs(done))


def declare(home: Home, source: TinySource) -> None:
    home.command("feature-platform", "eras", "declare", "--source", str(source.yaml), str(source.folder / "eras.yaml"))


@pytest.fixture(scope="module")
def browser(home: Home, source: TinySource) -> Iterator[Browser]:
    with running_ui(home) as url, opened_browser(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def sources_in_place(browser: Browser) -> None:
    """What the README asks for in the UI: both source assets, one after the other."""
    for name in ("source_readings", "era_catalogue"):
        page = browser.open(f"/assets/{name}")
        page.get_by_role("button", name="Materialize").first.click()
        wait_until(lambda instance, name=name: instance.get_latest_materialization_event(dg.AssetKey(name)) is not None)
        expect(page.get_by_text("Never materialized")).to_have_count(0)


@pytest.fixture(scope="module")
def backfilled(browser: Browser, sources_in_place: None) -> None:
    """Every era's four assets, asked for in the dialog and waited for on the page of runs."""
    page = browser.open(f"{LOCATION}/jobs/era_job")
    page.get_by_role("button", name="Materialize all").first.click()
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("Created backfill")).to_be_visible()
    wait_until(lambda instance: len(finished(instance)) == 3)
    page = browser.open("/runs")
    page.get_by_text("Show runs within backfills").click()
    expect(rows(page).filter(has_text="era_job").filter(has_text="Success")).to_have_count(3)
    browser.picture("runs")


@pytest.fixture
def quiet_console(browser: Browser) -> Iterator[None]:
    browser.complaints.clear()
    yield
    assert browser.complaints == []


pytestmark.append(pytest.mark.usefixtures("quiet_console"))


def test_nothing_stands_between_a_user_and_the_lineage(browser: Browser) -> None:
    page = browser.open("/asset-groups")
    for name in ("source_readings", "era_catalogue", *STAGES, "feature_selection"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    assert page.get_by_role("dialog").count() == 0
    browser.picture("lineage")


def test_a_backfill_of_three_eras_goes_green_with_its_compute_tags(browser: Browser, backfilled: None) -> None:
    page = browser.page
    growth = rows(page).filter(has_text="feature_platform/rows: 2592")
    expect(growth).to_contain_text("feature_platform/compute: gpu")
    expect(rows(page).filter(has_text="feature_platform/compute: gpu")).to_have_count(1)
    with dg.DagsterInstance.get() as instance:
        eras = instance.get_dynamic_partitions("eras")
        for name in STAGES:
            assert instance.get_materialized_partitions(dg.AssetKey(name)) == set(eras), name


def test_an_eras_page_shows_its_tables_and_its_plot(browser: Browser, backfilled: None) -> None:
    with dg.DagsterInstance.get() as instance:
        first = instance.get_dynamic_partitions("eras")[0]
    page = browser.open(f"/assets/preprocessed_frame?view=partitions&partition={first}")
    expect(cell_beside(page, "rows")).to_have_text("288")
    for sensor in ("air_temp", "humidity", "lamps"):
        expect(cell_beside(page, "coverage_per_sensor")).to_contain_text(sensor)
    page.get_by_text("[Show Markdown]").click()
    plot = page.get_by_role("dialog").locator("img[src^='data:']")
    expect(plot).to_have_attribute("alt", re.compile(first))
    assert plot.evaluate("image => image.complete && image.naturalWidth") >= 600
    browser.picture("era")


def test_a_failed_check_says_why(browser: Browser, backfilled: None) -> None:
    page = browser.open("/assets/preprocessed_frame?view=checks")
    page.get_by_text("coverage", exact=True).first.click()
    expect(page.get_by_text("less than 50% of the grid is covered by air_temp: 40.0%")).to_be_visible()
    browser.picture("check")


def test_the_sensor_picks_up_a_new_era(browser: Browser, backfilled: None, home: Home, source: TinySource) -> None:
    with dg.DagsterInstance.get() as instance:
        before = set(instance.get_dynamic_partitions("eras"))
    eras: Path = source.folder / "eras.yaml"
    eras.write_text(ERAS + FOURTH_ERA, encoding="utf-8")
    declare(home, source)
    page = browser.open("/automation")
    rows(page).filter(has_text="new_eras_sensor").locator("label[class*='formatSwitch']").click()
    wait_until(lambda instance: len(instance.get_materialized_partitions(dg.AssetKey("selected_features"))) == 4)
    page = browser.open("/assets/selected_features?view=partitions")
    expect(page.get_by_text("Materialized (4)")).to_be_visible()
    with dg.DagsterInstance.get() as instance:
        (added,) = set(instance.get_dynamic_partitions("eras")) - before
        assert added in instance.get_materialized_partitions(dg.AssetKey("selected_features"))
