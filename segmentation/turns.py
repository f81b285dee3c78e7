"""One writer at a time: transactions that read what is there and then add to it."""

import sqlalchemy as sa

TURN = 0x7475726E
LONGEST_MILLISECONDS = 60_000


def take_turn(connection: sa.Connection) -> None:
    """Wait until no other writer is in its turn; ours ends with the transaction.

    Numbers given out within turns become visible in their order, so whoever has read up to a
    number has read everything before it.
    """
    if connection.dialect.name == "sqlite":
        # The first run of a million people takes a while to write down.
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {LONGEST_MILLISECONDS}")
        # The driver would begin at the first change, after what was read may have changed.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))
