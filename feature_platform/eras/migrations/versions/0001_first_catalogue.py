"""The first catalogue: sources, eras with their tenures, claims and launches."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "catalogue_sources",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version_hash", sa.String(64), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "catalogue_eras",
        sa.Column("era_id", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("parent_id", sa.String(64)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("row_count", sa.BigInteger),
        sa.Column("data_version", sa.String(64)),
        sa.Column("data_revision", sa.Integer, nullable=False),
    )
    op.create_index("catalogue_eras_by_range", "catalogue_eras", ["source", "level", "start"])
    op.create_table(
        "catalogue_era_tenures",
        sa.Column("era_id", sa.String(64), sa.ForeignKey("catalogue_eras.era_id"), primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True),
        sa.Column("until", sa.BigInteger),
    )
    op.create_table(
        "catalogue_era_successors",
        sa.Column("era_id", sa.String(64), sa.ForeignKey("catalogue_eras.era_id"), primary_key=True),
        sa.Column("until", sa.BigInteger, primary_key=True),
        sa.Column("successor_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "catalogue_cuts",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("level", sa.String(16), primary_key=True),
        sa.Column("recorded_at", sa.BigInteger, primary_key=True),
        sa.Column("settings", sa.Text, nullable=False),
    )
    op.create_table(
        "catalogue_pruned_eras",
        sa.Column("era_id", sa.String(64), primary_key=True),
        sa.Column("data_revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "catalogue_claims",
        sa.Column("claim_id", sa.String(128), primary_key=True),
        sa.Column("era_id", sa.String(64), nullable=False),
        sa.Column("stages", sa.String(255), nullable=False),
        sa.Column("data_version", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.UniqueConstraint("era_id", "stages", "data_version", "attempt", name="catalogue_claims_once"),
    )
    op.create_table(
        "catalogue_launches",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
    )
