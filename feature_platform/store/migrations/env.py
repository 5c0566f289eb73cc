"""Alembic runs this; the caller hands over a connection that is inside a transaction."""

from alembic import context

from feature_platform.store.database import SCHEMA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    version_table_schema=SCHEMA,
)
context.run_migrations()
