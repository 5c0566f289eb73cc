"""The first feature store: selections, versions of eras, their windows, and the views that people read."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE features.selection_lists (
    selection_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    level text NOT NULL,
    feature_set text NOT NULL,
    version integer NOT NULL,
    names text[] NOT NULL,
    pinned_at timestamptz NOT NULL,
    UNIQUE (source, level, feature_set, version)
);
CREATE TABLE features.era_versions (
    stored_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    era_id text NOT NULL,
    selection_id bigint NOT NULL REFERENCES features.selection_lists,
    manifest_version text NOT NULL,
    features_version text NOT NULL,
    data_version text NOT NULL,
    data_revision integer NOT NULL,
    era_start timestamptz NOT NULL,
    era_end timestamptz NOT NULL,
    windows integer NOT NULL,
    recorded_at timestamptz NOT NULL,
    replaced_at timestamptz,
    superseded_at timestamptz
);
CREATE UNIQUE INDEX one_current_version ON features.era_versions (era_id, selection_id) WHERE replaced_at IS NULL;
CREATE INDEX era_versions_by_selection ON features.era_versions (selection_id, era_start);
"""

# No foreign key to era_versions: it would look up each row of a COPY, and a new partition would lock all writers out.
WINDOWS = """
CREATE TABLE features.window_values (
    stored_id bigint NOT NULL,
    era_id text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    values float8[] NOT NULL,
    PRIMARY KEY (stored_id, window_start)
)
"""
# Doubles hardly compress; trying costs more than it saves.
INDEXES = """
ALTER TABLE features.window_values ALTER COLUMN values SET STORAGE EXTERNAL;
CREATE INDEX window_values_by_time ON features.window_values USING brin (window_start);
CREATE INDEX window_values_by_era ON features.window_values (era_id);
"""

# The writer owns no table, so the owner's function makes the year's partition for it. It is attached, not created in
# place: that would wait for every reader and writer of the whole table.
PARTITIONS = """
CREATE FUNCTION features.ensure_partitions(first timestamptz, last timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_year integer := extract(year FROM first AT TIME ZONE 'UTC');
    last_year integer := extract(year FROM last AT TIME ZONE 'UTC');
    partition text;
BEGIN
    IF last_year - first_year > 200 THEN
        RAISE EXCEPTION 'windows from % to % are of no one era', first, last;
    END IF;
    FOR cut IN first_year .. last_year LOOP
        partition := 'window_values_' || cut;
        CONTINUE WHEN to_regclass(format('features.%I', partition)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('features.ensure_partitions'));
        CONTINUE WHEN to_regclass(format('features.%I', partition)) IS NOT NULL;
        EXECUTE format('CREATE TABLE features.%I (LIKE features.window_values INCLUDING STORAGE)', partition);
        EXECUTE format(
            'ALTER TABLE features.window_values ATTACH PARTITION features.%I FOR VALUES FROM (%L) TO (%L)',
            partition, make_timestamptz(cut, 1, 1, 0, 0, 0, 'UTC'), make_timestamptz(cut + 1, 1, 1, 0, 0, 0, 'UTC'));
    END LOOP;
END $$
"""
HYPERTABLE = """
SELECT create_hypertable('features.window_values', 'window_start', chunk_time_interval => interval '1 year',
                         create_default_indexes => false);
CREATE FUNCTION features.ensure_partitions(first timestamptz, last timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'SELECT'
"""

VIEWS = """
CREATE VIEW features.selections AS
    SELECT selection_id, source, level, feature_set, version, names, pinned_at FROM features.selection_lists;
CREATE VIEW features.era_history AS
    SELECT stored_id, source, level, feature_set, version, era_id, era_start, era_end, windows, data_version,
           data_revision, recorded_at, replaced_at, superseded_at, selection_id, manifest_version
    FROM features.era_versions JOIN features.selection_lists USING (selection_id);
CREATE VIEW features.window_history AS
    SELECT stored_id, era_id, window_start, window_end, values FROM features.window_values;
CREATE VIEW features.eras AS
    SELECT era.source, era.level, era.feature_set, era.version, era.era_id, era.era_start, era.era_end, era.windows,
           era.data_version, era.recorded_at, era.stored_id, era.selection_id
    FROM features.era_history AS era
    WHERE era.replaced_at IS NULL AND era.superseded_at IS NULL AND NOT EXISTS (
        SELECT FROM features.era_history AS newer
        WHERE newer.era_id = era.era_id AND newer.feature_set = era.feature_set AND newer.version > era.version
              AND newer.replaced_at IS NULL);
CREATE VIEW features.windows AS
    SELECT era.source, era.level, era.feature_set, era.version, era.era_id, held.window_start, held.window_end,
           list.names, held.values
    FROM features.eras AS era
    JOIN features.selection_lists AS list USING (selection_id)
    JOIN features.window_values AS held USING (stored_id);
CREATE VIEW features.feature_values AS
    SELECT source, level, feature_set, version, era_id, window_start, window_end, feature, value
    FROM features.windows CROSS JOIN LATERAL unnest(names, values) AS unpacked (feature, value);
"""

# PostgreSQL cuts names after 63 bytes, which many features share, and ends a query at 1,664 columns.
WIDE = """
CREATE FUNCTION features.wide_query(
    of_source text, of_level text, pattern text DEFAULT '%', of_version integer DEFAULT NULL,
    of_feature_set text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    list record;
    columns text;
    wanted bigint;
BEGIN
    SELECT * INTO list FROM features.selections
    WHERE source = of_source AND level = of_level AND version = coalesce(of_version, version)
          AND feature_set = coalesce(of_feature_set, feature_set)
    ORDER BY pinned_at DESC LIMIT 1;
    IF list IS NULL THEN
        RAISE EXCEPTION 'no such selection of source %, level %; see features.selections', of_source, of_level;
    END IF;
    SELECT count(*), string_agg(format('values[%s] AS %I', place, CASE WHEN octet_length(name) <= 63 THEN name
               ELSE left(regexp_replace(name, '[^ -~]', '?', 'g'), 56) || '~' || place END), ', ' ORDER BY place)
    INTO wanted, columns
    FROM unnest(list.names) WITH ORDINALITY AS named (name, place) WHERE name LIKE pattern;
    IF wanted NOT BETWEEN 1 AND 1600 THEN
        RAISE EXCEPTION '% of % features are like %; name 1 to 1600', wanted, cardinality(list.names), pattern;
    END IF;
    RETURN format('SELECT era_id, window_start, window_end, %s FROM features.windows WHERE source = %L AND level = %L '
                  'AND feature_set = %L AND version = %s ORDER BY window_start, era_id',
                  columns, list.source, list.level, list.feature_set, list.version);
END $$
"""


def upgrade() -> None:
    """Create the tables, functions and views; the schema itself is there already."""
    op.execute(TABLES)
    hypertable = op.get_bind().exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").scalar()
    op.execute(WINDOWS if hypertable else f"{WINDOWS} PARTITION BY RANGE (window_start)")
    op.execute(HYPERTABLE if hypertable else PARTITIONS)
    for statement in (INDEXES, VIEWS, WIDE):
        op.execute(statement)
