"""Every message of the product's errors has its entry in docs/troubleshooting.md, and every entry its message."""

import re
from pathlib import Path

import pytest

from feature_platform_tests.raised_messages import HOLE, Raised, raised_messages

PAGE = Path(__file__).parent.parent / "docs" / "troubleshooting.md"
HEADER = "| message | what it means, and what to do |"
PASSED_ON = {
    HOLE,
    f"{HOLE}: {HOLE}",
    f"{HOLE}; {HOLE}",
    f"series {HOLE}: {HOLE}",
    f"run {HOLE}: {HOLE}",
    f"id {HOLE}, kind {HOLE}: {HOLE}",
    f"{HOLE}.config: {HOLE}",
    f"{HOLE}.config.{HOLE}",
    f"--older-than: {HOLE}",
}
"""A place in front of another error's text, which has an entry of its own."""
LEAST_LETTERS = 8


def entries() -> list[str]:
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [pattern for patterns, _ in rows for pattern in re.findall(r"`([^`]+)`", patterns)]


def covers(pattern: str, template: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split(HOLE))), template) is not None


def without_entry(messages: list[Raised], patterns: list[str]) -> list[str]:
    return [
        f"| `{raised.template}` | (what it means, and what to do) |   <- {raised.place}"
        for raised in messages
        if raised.template not in PASSED_ON and not any(covers(pattern, raised.template) for pattern in patterns)
    ]


def test_every_message_has_an_entry() -> None:
    missing = without_entry(raised_messages(), entries())
    assert not missing, f"add to a table of {PAGE.name}:\n" + "\n".join(missing)


def test_every_entry_is_of_a_message_and_says_enough_to_be_found() -> None:
    templates = {raised.template for raised in raised_messages()}
    patterns = entries()
    assert len(patterns) == len(set(patterns)) > 200
    assert not [pattern for pattern in patterns if not any(covers(pattern, template) for template in templates)]
    assert not [pattern for pattern in patterns if len(re.findall(r"[A-Za-z]", pattern)) < LEAST_LETTERS]


def test_all_rows_are_read() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [row for section in text.split(HEADER)[1:] for row in section.split("\n\n")[0].splitlines()[2:]]
    assert sum(row.split(" | ")[0].count("`") // 2 for row in rows) == len(entries())


@pytest.mark.parametrize(
    "template", ["source … has a new kind of trouble; mend it", "…: is empty", "no sensor", "era …: …"]
)
def test_a_message_without_an_entry_is_told_with_what_to_add(template: str) -> None:
    (told,) = without_entry([Raised("feature_platform/new.py:7", template)], entries())
    assert told.startswith(f"| `{template}` | (what it means")
    assert "feature_platform/new.py:7" in told


def test_messages_are_read_from_every_room_and_every_way_of_writing_them() -> None:
    templates = {raised.template for raised in raised_messages()}
    assert {
        "no sensor to compute features of; the source's description lists none",  # a plain text
        "…: is empty; export it again or leave it out of files:",  # an f-string
        "source … is not registered; none is yet: import one first",  # two texts, of which one is chosen
        "calculator …: … is …; it must be …",  # made by a function
        "series …: …",  # made by the error's class
        "range … must be [low, high] with low below high",  # a rule of a description
        "… source(s) were not cut: …",  # a failure that Dagster shows
    } <= templates
