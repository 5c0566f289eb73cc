"""A source goes out of the catalogue in two steps, and no other goes with it."""

from datetime import UTC, datetime, timedelta

import pytest

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.claim_ledger import Ask
from feature_platform.eras.era import Era, EraCount
from feature_platform.errors import EraError
from feature_platform.sources.description import SensorDescription, SourceDescription

START = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = ("a_b", "axb", "a_b-c")
"""Of the first, LIKE and a bare prefix would take the others too."""


def fill(catalogue: Catalogue, name: str) -> list[str]:
    """A source with a superseded, a pruned and a current era, claimed."""
    sensor = SensorDescription(id="a", column=1)
    catalogue.register_source(SourceDescription(source=name, files=("a.csv",), sensors=(sensor,)))
    for days in (1, 2, 3):
        era = Era(name, "calendar", START, START + timedelta(days=days))
        catalogue.record_cut(name, "calendar", [era], settings={})
        catalogue.record_counts([EraCount(era.era_id, days, "d1")])
        catalogue.claim([Ask(era.era_id, "all", "d1")], backoff=timedelta(minutes=1))
        if days == 1:
            first = era.era_id
    catalogue.prune([first])
    return [record.era_id for record in catalogue.eras(source=name, include_superseded=True)]


def test_all_of_one_source_goes_and_the_name_last(catalogue: Catalogue) -> None:
    gone, *stay = (fill(catalogue, name) for name in NAMES)
    pruned = catalogue.pruned()
    catalogue.remove_eras(NAMES[0])
    assert catalogue.sources() == sorted(NAMES)
    assert catalogue.eras(source=NAMES[0], include_superseded=True) == []
    assert catalogue.claims(era_ids=gone) == []
    assert len(catalogue.pruned()) == len(pruned) - 1
    for name, eras in zip(NAMES[1:], stay, strict=True):
        assert [record.era_id for record in catalogue.eras(source=name, include_superseded=True)] == eras
        assert {claim.era_id for claim in catalogue.claims(era_ids=eras)} == set(eras)
    catalogue.remove_source(NAMES[0])
    catalogue.remove_source(NAMES[0])
    assert catalogue.sources() == sorted(NAMES[1:])


def test_a_source_that_is_cut_meanwhile_keeps_its_name(catalogue: Catalogue) -> None:
    fill(catalogue, "a")
    catalogue.remove_eras("a")
    catalogue.record_cut("a", "calendar", [Era("a", "calendar", START, START + timedelta(days=9))], settings={})
    with pytest.raises(EraError, match="'a' was cut into 1 eras while it was removed; switch off what cuts it"):
        catalogue.remove_source("a")
    assert catalogue.sources() == ["a"]


def test_a_source_that_comes_back_begins_anew(catalogue: Catalogue) -> None:
    before = fill(catalogue, "a")
    catalogue.remove_eras("a")
    catalogue.remove_source("a")
    assert fill(catalogue, "a") == before
    assert {record.data_revision for record in catalogue.eras(source="a", include_superseded=True)} == {1}
    assert catalogue.source_version("a") == 1
