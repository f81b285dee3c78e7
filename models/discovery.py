"""Discovery: the circles of people, told by the weights that place people best.

What a person does once more is mostly habit, so a tag weighs by a low power of its use. Of few
tags everybody has many, and how often tells more than which. Which it is, tags held back decide.
"""

from dataclasses import replace

import numpy as np

from models.dependence import heeding
from models.foretelling import CLEAR, WORTHWHILE, HeldBack, clarity
from models.landmarks import Canon
from models.profiles import TagProfiles
from models.rows import FloatArray, Rows
from models.search import EM_PEOPLE, Search
from models.weights import PLAINER, POWER, reweighed


def discover(
    rows: Rows,
    canon: Canon,
    *,
    n_circles: int | None,
    min_share: float,
    seed: int,
    was_whole: bool = False,
    power: float = POWER,
) -> TagProfiles:
    """Find the circles of people; none when there is no structure.

    `rows` are observations of weights to that power. Where the circles found place people clearly
    better by the other, they are looked for once more: which it was stands in the profiles.
    `was_whole` says that earlier circles of these people were told by all tags.
    """
    held_back = HeldBack.of(rows, canon, most=EM_PEOPLE, seed=seed)

    def search(rows: Rows) -> Search:
        return Search.among(rows, canon, held_back, min_share, seed, was_whole=was_whole)

    first = search(rows)
    found, trial = first.found(n_circles), first.judge.trial
    told, other = trial.placed(found), PLAINER if power == POWER else POWER
    if is_worthwhile(trial.placed(found, known=reweighed(trial.known, power=other)), told):
        then = search(reweighed(rows, power=other))
        anew = then.found(n_circles)
        if clarity(trial.placed(anew, known=then.judge.trial.known) - told) > CLEAR:
            first, found, power = then, anew, other
    return replace(heeding(found, first.everything, min_share), power=power)


def is_worthwhile(told: FloatArray, than: FloatArray) -> bool:
    """Whether so much more is told of people that circles are worth another search."""
    return clarity(told - than - WORTHWHILE * np.abs(than)) > CLEAR
