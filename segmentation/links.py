"""Ties as they carry: who can receive it from whom, with chances learned where there is evidence.

Needs the table `carrier` (person, user_id).
"""

import numpy as np
from scipy import sparse

from models.cascades import Ties, learned_chances, weighted_cascade
from models.influence import tie_matrix
from segmentation.config import Config
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import DAY, channel_list, keep

ENOUGH_HITS = 100
"""Contents passed on from one to another, from which on ties are learned."""


def backward_ties(engine: Engine, config: Config, *, people: int) -> tuple[Ties, str]:
    """Who can receive it from whom, and what the chances come from.

    `shares` when enough contents went along ties to learn from, else `weighted_cascade`; `none`
    without ties.
    """
    keep(engine, "link", """
        WITH tied AS (
            SELECT here.person AS source, there.person AS target FROM edges
            JOIN carrier AS here ON here.user_id = edges.src
            JOIN carrier AS there ON there.user_id = edges.dst
            WHERE here.person <> there.person)
        SELECT source, target FROM tied UNION SELECT target, source FROM tied""")  # fmt: skip
    matrix = counted(engine, "SELECT source, target, 1 AS n FROM link", people)
    if matrix.nnz == 0:
        return Ties.of(matrix), "none"
    trials, hits = evidence(engine, config, matrix)
    if hits.sum() < ENOUGH_HITS:
        return Ties.of(weighted_cascade(matrix)).reversed(), "weighted_cascade"
    return Ties.of(learned_chances(matrix, trials=trials, hits=hits)).reversed(), "shares"


def evidence(
    engine: Engine, config: Config, ties: sparse.csr_array
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """What each person passed on to their ties, and what those passed on within the horizon."""
    horizon, people = round(config.sharing.horizon_days * DAY), ties.shape[0]
    keep(engine, "passed_on", f"""
        SELECT person, content_id, min(epoch_us(ts)) AS moment
        FROM events JOIN carrier USING (user_id)
        WHERE channel IN {channel_list(config.channels.sharing)}
          AND content_id IS NOT NULL AND ts IS NOT NULL
        GROUP BY person, content_id""")  # fmt: skip
    own = engine.execute("SELECT person, count(*) AS n FROM passed_on GROUP BY person")
    shared = np.zeros(people)
    shared[as_floats(own, "person").astype(np.int64)] = as_floats(own, "n")
    hits = counted(engine, f"""
        SELECT source, target, count(*) AS n FROM link
        JOIN passed_on AS before ON before.person = source
        JOIN passed_on AS later ON later.person = target AND later.content_id = before.content_id
         AND later.moment > before.moment AND later.moment <= before.moment + {horizon}
        GROUP BY source, target""", people)  # fmt: skip
    return sparse.csr_array(sparse.diags_array(shared) @ ties), hits


def counted(engine: Engine, sql: str, people: int) -> sparse.csr_array:
    """People x people of the column `n` by `source` and `target`."""
    rows = engine.execute(f"SELECT * FROM ({sql}) ORDER BY source, target")
    ends = [as_floats(rows, name).astype(np.int64) for name in ("source", "target")]
    if not len(ends[0]):
        return sparse.csr_array((people, people))
    matrix = tie_matrix(people, sources=ends[0], targets=ends[1])
    matrix.data = as_floats(rows, "n")
    return matrix
