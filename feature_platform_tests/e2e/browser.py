"""Debian's Chromium, driven by Playwright, over a `feature-platform dev` of a test's own."""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, expect, sync_playwright

from feature_platform_tests.e2e.conftest import Home

START_SECONDS = 120
PAGE_SECONDS = 60
"""For a page to show what is there already, on a busy machine; pages poll by themselves."""
SCREENSHOTS = "FEATURE_PLATFORM_SCREENSHOTS"
"""Names the folder that pictures for the docs go to."""
COLOURS = 64


@dataclass
class Browser:
    """One page of the UI, and what its console complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the UI by its path."""
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def picture(self, name: str) -> None:
        """Keep a picture of the page for the docs, if someone asked for pictures."""
        folder = os.environ.get(SCREENSHOTS)
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            picture = Image.open(io.BytesIO(self.page.screenshot()))
            picture.convert("RGB").quantize(COLOURS).save(Path(folder) / f"{name}.png", optimize=True)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{self.page.url}: {message.text}")


@contextmanager
def opened_browser(url: str) -> Iterator[Browser]:
    """A fresh browser without cookies or settings."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is not on the PATH; install Debian's package: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PAGE_SECONDS * 1000)
        expect.set_options(timeout=PAGE_SECONDS * 1000)
        browser = Browser(page, url)
        page.on("console", browser.on_console)
        page.on("pageerror", lambda error: browser.complaints.append(f"{page.url}: {error}"))
        yield browser
        started.close()


@contextmanager
def running_ui(home: Home) -> Iterator[str]:
    """`feature-platform dev` as a user starts it; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = home.folder / "dev.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "feature_platform", "dev", "--port", str(port)],
            cwd=home.folder,
            env=home.environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_for(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(f"{url}/server_info", timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, TimeoutError):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the UI did not start:\n{log.read_text(encoding='utf-8')}")
            time.sleep(0.2)


def cell_beside(page: Page, key: str) -> Locator:
    """The value of an entry of an era's metadata table."""
    name = page.locator("td", has_text=re.compile(f"^{re.escape(key)}$"))
    return page.locator("tr").filter(has=name).first.locator("td").nth(1)


def rows(page: Page) -> Locator:
    """The rows of a list of runs or automations, which are neither a table's nor of that role."""
    return page.locator("[class*='VirtualizedTable_row']")
