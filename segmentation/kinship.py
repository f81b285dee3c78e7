"""Who is in the parents: the people of their children."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MEMBERSHIP = ("user_id", "facet", "circle_id")


def with_parents(members: pa.Table, circles: pa.Table) -> pa.Table:
    """Rows of the members table, followed by those of the parents in the circles table.

    In a parent a person's strength is the sum of those in its children, their rank the best.
    """
    above = lifted(members, circles["circle_id"].to_pylist(), circles["parent_id"].to_pylist())
    summed = above.group_by(MEMBERSHIP, use_threads=False).aggregate(
        [("strength", "sum"), ("rank", "min")]
    )
    columns = [*MEMBERSHIP, "strength_sum", "rank_min"]
    rows = summed.select(columns).rename_columns([*MEMBERSHIP, "strength", "rank"])
    return pa.concat_tables([members, rows.select(members.column_names).cast(members.schema)])


def lifted(members: pa.Table, circles: Sequence[str], parent_ids: Sequence[str | None]) -> pa.Table:
    """Members, each in the parent of their circle; who is in a circle without one is left out."""
    at = pc.index_in(members["circle_id"], pa.array(circles, pa.string()))
    above = pc.take(pa.array(parent_ids, pa.string()), at)
    place = members.schema.get_field_index("circle_id")
    return members.set_column(place, "circle_id", above).filter(pc.is_valid(above))
