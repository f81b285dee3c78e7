"""Who refuses which purpose: as the run knew it, and as people decided since."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from segmentation.bitmaps import NOBODY, Places, bitmap_of
from segmentation.conditions import union

ANY_PURPOSE = "*"


class Refusals:
    """Refusals of one snapshot's people, by place; `stated` are those its run knew."""

    def __init__(self, stated: Mapping[str, Places]) -> None:
        self._stated = stated
        self._decided: Mapping[str, Places] = {}
        self._take(stated, granted={})

    def of(self, purpose: str) -> Places:
        """Those who refused a purpose, or every purpose without allowing this one since."""
        everything = self._refused.get(ANY_PURPOSE, NOBODY)
        allowed = self._granted.get(purpose, NOBODY)
        return self._refused.get(purpose, NOBODY) | (everything - allowed)

    def throughout(self, purpose: str) -> Places:
        """Those refusing a purpose who decided nothing about it since the run.

        Whoever decided since may have been listed under what they said before.
        """
        decided = [self._decided.get(name, NOBODY) for name in (purpose, ANY_PURPOSE)]
        return self.of(purpose) - union(decided)

    def amend(
        self, decisions: Iterable[tuple[str, str, bool]], *, place_of: Callable[[str], int | None]
    ) -> None:
        """Let later decisions (user, purpose, granted) win over those the run knew of."""
        made: dict[tuple[str, bool], list[int]] = {}
        for user_id, purpose, granted in decisions:
            if (place := place_of(user_id)) is not None:
                made.setdefault((purpose, granted), []).append(place)
        allowed = {purpose: bitmap_of(np.array(who)) for (purpose, yes), who in made.items() if yes}
        refused = {
            purpose: bitmap_of(np.array(who)) for (purpose, yes), who in made.items() if not yes
        }
        after = {
            purpose: (self._stated.get(purpose, NOBODY) - allowed.get(purpose, NOBODY))
            | refused.get(purpose, NOBODY)
            for purpose in sorted({*self._stated, *refused})
        }
        self._decided = {
            purpose: allowed.get(purpose, NOBODY) | refused.get(purpose, NOBODY)
            for purpose in {*allowed, *refused}
        }
        self._take(after, granted=allowed)

    def told(self, place: int) -> dict[str, list[str]]:
        """Which purposes somebody refuses, and for which of the others they may be asked."""
        if place not in self._refusing:
            return self._willing
        known = self._refused
        refuses = [purpose for purpose, places in known.items() if place in places]
        others = [purpose for purpose in known if purpose not in refuses]
        if ANY_PURPOSE in refuses:
            others = [p for p in others if place in self._granted.get(p, NOBODY)]
        return {"eligible_for": [p for p in others if p != ANY_PURPOSE], "refuses": refuses}

    def _take(self, refused: Mapping[str, Places], *, granted: Mapping[str, Places]) -> None:
        """Take over who refuses which purpose, and what most people say: no to none."""
        self._refused, self._granted = refused, granted
        self._refusing = union(list(refused.values()))
        self._willing = {
            "eligible_for": [purpose for purpose in refused if purpose != ANY_PURPOSE],
            "refuses": [],
        }
