from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feature_platform.eras.era import ERA_ID, LEVELS, Era, Level

SOURCES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
STARTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
LENGTHS = st.timedeltas(timedelta(microseconds=1), timedelta(days=4000))


@given(source=SOURCES, level=st.sampled_from(LEVELS), start=STARTS, length=LENGTHS)
def test_an_id_fits_a_partition_key_and_is_the_ranges_own(
    source: str, level: Level, start: datetime, length: timedelta
) -> None:
    era = Era(source, level, start, start + length)
    assert ERA_ID.fullmatch(era.era_id)
    assert era.era_id == Era(source, level, start, start + length, label="other", parent_id="p").era_id


@given(source=SOURCES, start=STARTS, length=LENGTHS)
def test_sources_and_levels_never_share_an_id(source: str, start: datetime, length: timedelta) -> None:
    eras = [Era(name, level, start, start + length) for name in (source, f"{source[:31]}x") for level in LEVELS]
    assert len({era.era_id for era in eras}) == len(set(eras))
