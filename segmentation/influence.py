"""Read ties and invitations, and measure how far people carry things."""

from datetime import datetime

import numpy as np

from models.cascades import Ties, joined, run_back, weighted_cascade
from models.influence import (
    Growth,
    Influence,
    growth,
    influence,
    tie_matrix,
    untied,
)
from segmentation.config import Config
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.exposures import DAY, channel_list, keep, micros

LEAST_SETS, MOST_SETS = 20_000, 100_000


def measure_influence(engine: Engine, *, people: int, seed: int) -> Influence:
    """Return expected reach over ties, which carry both ways."""
    ties = engine.execute("""
        SELECT here.person AS source, there.person AS target FROM edges
        JOIN person AS here ON here.user_id = edges.src
        JOIN person AS there ON there.user_id = edges.dst
        WHERE here.person <> there.person ORDER BY source, target""")
    if ties.num_rows == 0:
        return untied(people)
    ends = [as_floats(ties, name).astype(np.int64) for name in ("source", "target")]
    matrix = tie_matrix(people, sources=np.concatenate(ends), targets=np.concatenate(ends[::-1]))
    n_sets = int(np.clip(people, LEAST_SETS, MOST_SETS))
    backward = Ties.of(weighted_cascade(matrix)).reversed()
    drawn = run_back(backward, np.arange(people), first=0, count=n_sets, seed=seed)
    return influence(joined(list(drawn)), n_people=people)


def measure_growth(
    engine: Engine, config: Config, *, as_of: datetime | None, people: int
) -> Growth:
    """Return what invitations brought: newcomers tied to their inviter within the horizon.

    A newcomer did nothing before the invitation. Invitations whose horizon is not over at `as_of`
    are left out, answered or not.
    """
    horizon = round(config.sharing.horizon_days * DAY)
    keep(engine, "invitation", f"""
        SELECT user_id, epoch_us(ts) AS moment FROM events JOIN person USING (user_id)
        WHERE channel IN {channel_list(config.channels.invitations)}
          AND epoch_us(ts) + {horizon} <= {micros(as_of) or 0}""")  # fmt: skip
    ((sent,),) = engine.rows("SELECT count(*) FROM invitation")
    ((accepted,),) = engine.rows(f"""
        SELECT count(DISTINCT edges.dst) FROM edges
        JOIN invitation ON invitation.user_id = edges.src
        JOIN person ON person.user_id = edges.dst
        JOIN (SELECT person, min(moment) AS began FROM act GROUP BY person) AS life
          ON life.person = person.person
        WHERE epoch_us(edges.ts) BETWEEN invitation.moment AND invitation.moment + {horizon}
          AND began >= invitation.moment""")
    return growth(people, invitations=int(sent), accepted=int(accepted))
