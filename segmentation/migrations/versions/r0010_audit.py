"""The audit log without an index by person.

It is written ten thousand times a second and read by person once a month. Every row of the index
fell on a page of its own, which cost more than all else about the row.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_audit_log_subject", "audit_log")
