"""Campaigns: who is held out, drawn when and from which run, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(200)),
        sa.Column("share", sa.Double, nullable=False),
        sa.Column("deviation", sa.Double, nullable=False),
        sa.Column("effect", sa.Double, nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime),
        sa.Column("ended", sa.DateTime),
        sa.Column("by", sa.String(200), nullable=False),
    )
    op.create_table(
        "campaign_versions",
        sa.Column("campaign_id", sa.String(32), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("held_out", sa.Integer, nullable=False),
        sa.Column("draws", sa.Integer, nullable=False),
        sa.Column("least_p", sa.Double, nullable=False),
    )
    op.create_table(
        "campaign_arms",
        sa.Column("campaign_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("held_out", sa.Boolean, nullable=False),
        sa.Column("circle_id", sa.String(64)),
        sa.Column("worth", sa.Double),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("campaign_arms_user", "campaign_arms", ["user_id"])
    op.create_table(
        "campaign_outcomes",
        sa.Column("campaign_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Double, nullable=False),
        sa.Column("before", sa.Double),
    )
    op.create_index("campaign_outcomes_user", "campaign_outcomes", ["user_id"])
