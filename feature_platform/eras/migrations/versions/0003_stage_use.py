"""What stages used of their workers; unknown of those that were measured before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("catalogue_stage_costs", sa.Column("cpu_seconds", sa.Double))
    op.add_column("catalogue_stage_costs", sa.Column("memory_mib", sa.Integer))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("catalogue_stage_costs", "memory_mib")
    op.drop_column("catalogue_stage_costs", "cpu_seconds")
