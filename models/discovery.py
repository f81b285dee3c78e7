"""Discovery: the circles of people, told by the weights that place people best.

What a person does once more is mostly habit, so a tag weighs by a low power of its use. Of few
tags everybody has many, and how often tells more than which: there a tag weighs by what it is
beside the person's others. Which it is, tags held back decide.
"""

from dataclasses import replace

import numpy as np

from models.dependence import heeding
from models.foretelling import CLEAR, WORTHWHILE, HeldBack, clarity
from models.landmarks import Canon, draw
from models.observations import observations
from models.profiles import TagProfiles
from models.rows import FloatArray, Rows
from models.search import EM_PEOPLE, Search


def discover(
    people: Rows,
    *,
    n_circles: int | None,
    min_share: float,
    seed: int,
    was_whole: bool = False,
    was_relative: bool = False,
) -> TagProfiles:
    """Find the circles of people, given as raw weights; none when there is no structure.

    Where the circles found place people clearly better by the other kind of weights, they are
    looked for once more: `unit` and `relative` of the profiles say which it was. `was_whole` says
    that earlier circles of these people were told by all tags, `was_relative` how tags weighed.
    """
    rows, unit = observations(people, relative=was_relative)
    canon = Canon.of(rows)
    held_back = HeldBack.of(rows, canon, most=EM_PEOPLE, seed=seed)
    learners = draw(canon, EM_PEOPLE, seed=seed + 2)

    def search(rows: Rows) -> Search:
        return Search.among(rows, canon, learners, held_back, min_share, seed, was_whole=was_whole)

    relative, first = was_relative, search(rows)
    found, trial = first.found(n_circles), first.judge.trial
    told, raw = trial.placed(found), held_back.trial(people, learners, crowd=trial.crowd).known
    other, _ = observations(raw, relative=not relative)
    if is_worthwhile(trial.placed(found, known=other), told):
        rows, unit_then = observations(people, relative=not relative)
        then = search(rows)
        anew = then.found(n_circles)
        if clarity(trial.placed(anew, known=then.judge.trial.known) - told) > CLEAR:
            first, found, unit, relative = then, anew, unit_then, not relative
    best = heeding(found, first.everything, min_share)
    return replace(best, unit=unit, relative=relative)


def is_worthwhile(told: FloatArray, than: FloatArray) -> bool:
    """Whether so much more is told of people that circles are worth another search."""
    return clarity(told - than - WORTHWHILE * np.abs(than)) > CLEAR
