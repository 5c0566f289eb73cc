from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import Era, EraCount
from feature_platform.errors import EraError
from feature_platform_tests.eras.days import JANUARY, days


def cut(catalogue: Catalogue, *eras: Era) -> list[list[str]]:
    report = catalogue.record_cut("demo", "declared", eras, settings={"method": "declared"})
    return [list(report.added), list(report.kept), list(report.superseded)]


def ids(*eras: Era) -> list[str]:
    return [era.era_id for era in eras]


def test_a_first_cut_is_current_in_the_order_of_time(catalogue: Catalogue) -> None:
    late, early = days(5, 9, label="late"), days(1, 5)
    assert cut(catalogue, late, early) == [ids(early, late), [], []]
    records = catalogue.eras()
    assert [record.era for record in records] == [early, late]
    assert [(record.row_count, record.data_version, record.data_revision) for record in records] == [
        (None, None, 0)
    ] * 2
    assert records[0].era.start.tzinfo is UTC


def test_the_same_cut_again_changes_nothing(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5), days(5, 9))
    before = catalogue.eras()
    assert cut(catalogue, days(1, 5), days(5, 9)) == [[], ids(days(1, 5), days(5, 9)), []]
    assert catalogue.eras() == before


def test_what_a_new_cut_leaves_out_is_superseded_by_what_overlaps_it(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5), days(5, 9), days(9, 12))
    assert cut(catalogue, days(1, 3), days(3, 7), days(9, 12)) == [
        ids(days(1, 3), days(3, 7)),
        ids(days(9, 12)),
        ids(days(1, 5), days(5, 9)),
    ]
    first, second = catalogue.era(days(1, 5).era_id), catalogue.era(days(5, 9).era_id)
    assert first.superseded_by == (days(1, 3).era_id, days(3, 7).era_id)
    assert second.superseded_by == (days(3, 7).era_id,)
    assert first.superseded_at is not None
    assert [record.era_id for record in catalogue.eras()] == ids(days(1, 3), days(3, 7), days(9, 12))
    assert len(catalogue.eras(include_superseded=True)) == 5


def test_a_superseded_era_that_a_new_cut_brings_back_is_current_again_with_its_record(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    catalogue.record_counts([EraCount(days(1, 5).era_id, 7, "v1")])
    original = catalogue.era(days(1, 5).era_id)
    cut(catalogue, days(1, 9))
    assert cut(catalogue, days(1, 5)) == [ids(days(1, 5)), [], ids(days(1, 9))]
    assert catalogue.era(days(1, 5).era_id) == original
    cut(catalogue, days(2, 4))
    assert catalogue.era(days(1, 5).era_id).superseded_by == (days(2, 4).era_id,)


def test_the_same_range_keeps_its_record_but_takes_a_new_label_and_parent(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5, label="seedlings"))
    catalogue.record_counts([EraCount(days(1, 5).era_id, 7, "v1")])
    before = catalogue.era(days(1, 5).era_id)
    renamed = replace(days(1, 5), label="propagation", parent_id="demo.a.20240101t0000-000000")
    assert cut(catalogue, renamed) == [[], ids(renamed), []]
    assert catalogue.era(renamed.era_id) == replace(before, era=renamed)


def test_other_sources_and_levels_are_left_alone(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    catalogue.record_cut("other", "declared", [days(1, 4, source="other")], settings={})
    catalogue.record_cut("demo", "calendar", [days(1, 2, level="calendar")], settings={})
    cut(catalogue, days(6, 8))
    assert [record.era for record in catalogue.eras()] == [
        days(1, 2, level="calendar"),
        days(6, 8),
        days(1, 4, source="other"),
    ]
    assert [record.era for record in catalogue.eras(source="demo", level="calendar")] == [days(1, 2, level="calendar")]


def test_as_of_tells_what_was_current_then(catalogue: Catalogue) -> None:
    before_all = datetime.now(UTC) - timedelta(seconds=1)
    cut(catalogue, days(1, 5), days(5, 9))
    after_first = catalogue.eras()[0].created_at
    cut(catalogue, days(1, 9))
    after_second = catalogue.era(days(1, 9).era_id).created_at
    cut(catalogue, days(1, 5))
    assert catalogue.eras(as_of=before_all) == []
    assert [record.era for record in catalogue.eras(as_of=after_first)] == [days(1, 5), days(5, 9)]
    assert [record.superseded_at for record in catalogue.eras(as_of=after_first)] == [None, None]
    assert [record.era for record in catalogue.eras(as_of=after_second)] == [days(1, 9)]
    then = catalogue.eras(as_of=after_second, include_superseded=True)
    assert [(record.era, record.superseded_by) for record in then] == [
        (days(1, 5), (days(1, 9).era_id,)),
        (days(1, 9), ()),
        (days(5, 9), (days(1, 9).era_id,)),
    ]
    assert [record.era for record in catalogue.eras(as_of=datetime.now(UTC))] == [days(1, 5)]


def test_as_of_without_a_zone_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(EraError, match="2024-01-01T00:00:00 has no time zone"):
        catalogue.eras(as_of=JANUARY.replace(tzinfo=None))


def test_overlapping_eras_are_refused_by_name_and_nothing_changes(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    with pytest.raises(EraError, match=f"{days(2, 6).era_id} .*{days(5, 9).era_id} .*overlap at level 'declared'"):
        cut(catalogue, days(5, 9), days(2, 6))
    assert [record.era for record in catalogue.eras()] == [days(1, 5)]


def test_an_era_of_another_source_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(EraError, match="is not of source 'demo' and level 'declared'"):
        cut(catalogue, days(1, 5, source="other"))


def test_an_id_never_names_another_range(catalogue: Catalogue) -> None:
    # Ids hold 24 bits of hash: among some thousand ranges that begin in the same minute two share an id.
    seen: dict[str, Era] = {}
    for minutes in count(1):
        era = Era("demo", "declared", JANUARY, JANUARY + timedelta(minutes=minutes))
        if era.era_id in seen:
            break
        seen[era.era_id] = era
    cut(catalogue, seen[era.era_id])
    with pytest.raises(EraError, match="already names"):
        cut(catalogue, era)
    assert [record.era for record in catalogue.eras()] == [seen[era.era_id]]


def test_an_empty_cut_supersedes_all_without_successors(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    assert cut(catalogue) == [[], [], ids(days(1, 5))]
    assert catalogue.era(days(1, 5).era_id).superseded_by == ()


def test_an_unknown_era_is_answered_with_the_nearest_ids(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    with pytest.raises(EraError, match=f"not in the catalogue; the nearest ids are {days(1, 5).era_id}"):
        catalogue.era("demo.declared.20240101t0000-ffffff")


def test_counts_raise_the_revision_only_when_the_data_changed(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5), days(5, 9))
    first, second = ids(days(1, 5), days(5, 9))
    assert catalogue.record_counts([EraCount(first, 10, "v1"), EraCount(second, 0, "w1")]) == [first, second]
    assert catalogue.record_counts([EraCount(first, 10, "v1"), EraCount(second, 4, "w2")]) == [second]
    found = {r.era_id: (r.row_count, r.data_version, r.data_revision) for r in catalogue.eras()}
    assert found == {first: (10, "v1", 1), second: (4, "w2", 2)}


def test_a_count_of_an_unknown_era_stores_nothing(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    with pytest.raises(EraError, match=r"1 counted eras are not in the catalogue \(nowhere\)"):
        catalogue.record_counts([EraCount(days(1, 5).era_id, 3, "v1"), EraCount("nowhere", 1, "v1")])
    assert catalogue.row_counts(ids(days(1, 5))) == {}


def test_row_counts_hold_for_ten_thousand_ids(catalogue: Catalogue) -> None:
    hours = [Era("demo", "c", JANUARY + timedelta(hours=n), JANUARY + timedelta(hours=n + 1)) for n in range(2000)]
    catalogue.record_cut("demo", "c", hours, settings={})
    counted = hours[:1500]
    catalogue.record_counts([EraCount(era.era_id, n, "v") for n, era in enumerate(counted)])
    asked = ids(*hours) + [f"unknown-{n}" for n in range(8000)]
    assert catalogue.row_counts(asked) == {era.era_id: n for n, era in enumerate(counted)}


def test_only_superseded_eras_are_pruned(catalogue: Catalogue) -> None:
    cut(catalogue, days(1, 5))
    cut(catalogue, days(1, 9))
    old, new = ids(days(1, 5), days(1, 9))
    with pytest.raises(EraError, match=f"{new} is not superseded"):
        catalogue.prune([old, new])
    assert len(catalogue.eras(include_superseded=True)) == 2
    assert catalogue.prune([old]) == [old]
    assert [record.era_id for record in catalogue.eras(include_superseded=True)] == [new]


def test_a_pruned_era_that_comes_back_goes_on_with_its_revisions(catalogue: Catalogue) -> None:
    # A stored result refuses to be replaced by one of a lower revision.
    era_id = days(1, 5).era_id
    for _ in range(2):
        cut(catalogue, days(1, 5))
        catalogue.record_counts([EraCount(era_id, 1, "v1")])
        cut(catalogue, days(1, 9))
        catalogue.prune([era_id])
    cut(catalogue, days(1, 5))
    catalogue.record_counts([EraCount(era_id, 1, "v1")])
    assert catalogue.era(era_id).data_revision == 3
