"""The ledger of tiers, notices, tiers set by hand, and the policies that were applied."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tier_ledger",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("recorded", sa.DateTime, nullable=False),
        sa.Column("reason_codes", sa.Text, nullable=False),
        sa.Column("policy_version", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(200)),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    op.create_index("tier_ledger_user", "tier_ledger", ["user_id", "seq"])
    op.create_table(
        "tier_marks",
        sa.Column("run_id", sa.String(200), primary_key=True),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("recorded", sa.DateTime, nullable=False),
    )
    op.create_table(
        "tier_notices",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("review_after", sa.DateTime),
        sa.Column("ways", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(200), nullable=False),
    )
    op.create_table(
        "tier_overrides",
        sa.Column("override_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("ended", sa.DateTime),
    )
    op.create_index("tier_overrides_user", "tier_overrides", ["user_id"])
    op.create_table(
        "tier_policies",
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("applied", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(200), nullable=False),
    )
