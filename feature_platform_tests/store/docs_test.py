"""The SQL in the docs runs: what selects finds something, as a reader."""

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa

from feature_platform.eras.era import Era
from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.store.conftest import url_of
from feature_platform_tests.store.values import DAY, era_values, windows

pytestmark = pytest.mark.postgres
DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = """
CREATE TABLE readings (ts timestamptz, tag text, val float8);
CREATE TABLE climate_wide (ts timestamptz, air_temp float8, vent float8);
CREATE TABLE readings_5min (bucket timestamptz, tag text, average float8);
CREATE ROLE feature_platform_import;
"""
"""What a reader's own database has."""
BLOCKS = [block for page in sorted(DOCS.glob("*.md")) for block in FENCE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("block", BLOCKS)
def test_it_runs(block: str, store_url: str) -> None:
    reads = block.startswith("SELECT")
    era = Era("greenhouse", "calendar", datetime.now(UTC) - 3 * DAY, datetime.now(UTC))
    window = windows({"afd3.air_temp__mean": [1.0]}, start=era.start)
    FeatureStore(store_url).put(era_values(["afd3.air_temp__mean"], era=era), window, still_wanted=lambda: True)
    url = sa.make_url(url_of("analyst", store_url) if reads else store_url).set(drivername="postgresql")
    with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as connection:
        with connection.cursor() as cursor:
            if not reads:
                cursor.execute(ELSEWHERE)
            cursor.execute(block)
            assert not reads or cursor.fetchall()
        connection.rollback()
