"""What a feed of changes stands on: numbers of ledger entries and erasures that never come back."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Number erasures, those before 0; on SQLite let no deleted entry's number be given anew."""
    op.add_column(
        "erasures", sa.Column("number", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    if op.get_bind().dialect.name == "sqlite":
        anew = {"sqlite_autoincrement": True}
        with op.batch_alter_table("tier_ledger", recreate="always", table_kwargs=anew):
            pass
