"""What the site needs and a reader of the checkout too: every page found, every link, the API's names, one version."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from feature_platform.cli import app

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
PAGES = sorted(DOCS.glob("*.md"))
CONFIG = yaml.safe_load((TOP / "mkdocs.yml").read_text(encoding="utf-8"))
VERSION = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)


def listed(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    below = entry.values() if isinstance(entry, dict) else entry
    return [page for part in below for page in listed(part)]


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub and the site make them alike."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings]
    return {re.sub(r"[ ]", "-", text) for text in plain}


def test_the_navigation_names_every_page_once() -> None:
    pages = listed(CONFIG["nav"])
    assert sorted(pages) == [page.name for page in PAGES]
    assert pages[0] == "index.md"


@pytest.mark.parametrize("page", [TOP / "README.md", TOP / "CHANGELOG.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)", prose(page))
    for target, heading in links:
        found = page.parent / target if target else page
        assert found.is_file(), target
        assert page.parent == TOP or found.resolve().is_relative_to(DOCS) or found.resolve().parent == TOP, (
            f"{target} is not on the site"
        )
        assert not heading or heading in anchors(found), f"{target}#{heading}"


def test_every_page_is_led_to_from_another_one() -> None:
    for page in PAGES:
        others = "".join(read(other) for other in [TOP / "README.md", *PAGES] if other != page)
        name = page.resolve().name
        assert re.search(rf"\]\((?:docs/)?{re.escape(name)}[)#]", others), f"no page leads to {name}"


@pytest.mark.parametrize("name", re.findall(r"^::: (\S+)$", read(DOCS / "api.md"), re.MULTILINE))
def test_the_api_page_names_what_has_a_docstring(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except AttributeError:
        found = importlib.import_module(name)
    assert found.__doc__


def test_what_the_packages_offer_is_on_the_api_page() -> None:
    there = {name.rpartition(".")[2] for name in re.findall(r"^::: (\S+)$", read(DOCS / "api.md"), re.MULTILINE)}
    for package in ("feature_platform", "feature_platform.features"):
        assert set(importlib.import_module(package).__all__) <= there


def test_the_version_stands_in_one_place_and_what_is_shipped_by_hand_is_of_it() -> None:
    package = [*(TOP / "feature_platform").rglob("*.py")]
    assert not [file.name for file in package if f'"{VERSION}"' in read(file)]
    newest = re.search(r"^## (\S+)", read(TOP / "CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == VERSION
    chart = yaml.safe_load(read(TOP / "deploy" / "Chart.yaml"))
    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)
    for values in (TOP / "helm-values.yaml", TOP / "deploy" / "values.yaml"):
        tags = re.findall(r"[tT]ag: (\d[\d.]*)-", read(values))
        assert set(tags) == {VERSION}
    assert CliRunner().invoke(app, ["--version"]).stdout == f"feature-platform {VERSION}\n"


def test_the_lock_names_no_place_of_anybody_s() -> None:
    text = read(TOP / "locks" / "docs.txt")
    assert not re.search(r"://|/home/|/tmp/|index-url|find-links", text)
    assert {"zensical==", "mkdocstrings[python]=="} <= {
        f"{word}==" for word in re.findall(r"^(\S+?)==", text, re.MULTILINE)
    }
