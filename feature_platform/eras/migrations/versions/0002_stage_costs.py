"""What stages took, by route, feature set and era."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "catalogue_stage_costs",
        sa.Column("route", sa.String(255), primary_key=True),
        sa.Column("feature_set", sa.String(64), primary_key=True),
        sa.Column("stage", sa.String(64), primary_key=True),
        sa.Column("era_id", sa.String(64), primary_key=True),
        sa.Column("readings", sa.BigInteger, nullable=False),
        sa.Column("columns", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "catalogue_stage_costs_by_age", "catalogue_stage_costs", ["route", "feature_set", "stage", "recorded_at"]
    )


def downgrade() -> None:
    """Drop the table: what stages took is measured anew."""
    op.drop_table("catalogue_stage_costs")
