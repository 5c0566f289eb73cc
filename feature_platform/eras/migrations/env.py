"""Alembic runs this; the caller hands over a connection that is inside a transaction."""

from alembic import context

from feature_platform.eras.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
