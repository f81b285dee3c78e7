"""What people ask of circles, put into the terms of one fit: settings and decisions to wishes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from models.distinction import is_denied
from models.guidance import Wish
from models.naming import says_denied
from models.rows import FloatArray
from segmentation.config import Facet, GuideConfig
from segmentation.memory import Memory
from segmentation.rulings import Decision


@dataclass(frozen=True, eq=False)
class Guidance:
    """The wishes of one facet, and those that contradict the others or speak of nothing known."""

    wishes: list[Wish] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Speaker:
    """Turns ids of circles and tags into signatures over the tags of a fit."""

    facet: Facet
    tags: Sequence[str]
    memory: Memory

    def is_mine(self, word: str) -> bool:
        """Whether a word is an id of this facet or one of its tags."""
        return self.is_id(word) or word in self.tags

    def is_id(self, word: str) -> bool:
        """Whether a word is the id of a circle of this facet in the run before."""
        return word in self.memory.circle_ids

    def row(self, word: str) -> FloatArray:
        """The signature a word stands for: the remembered circle, or the tag alone."""
        if self.is_id(word):
            place = self.memory.circle_ids.index(word)
            return np.asarray(self.memory.seeds(self.tags)[place])
        return self.over({word: 1.0})

    def rows(self, words: Iterable[str]) -> FloatArray:
        """The signatures of several words, shape (n_words, n_tags)."""
        return np.array([self.row(word) for word in words]).reshape(-1, len(self.tags))

    def over(self, shares: Mapping[str, float]) -> FloatArray:
        """Shares by tag as a signature; tags that are gone are left out."""
        row = np.array([shares.get(tag, 0.0) for tag in self.tags])
        return np.asarray(row / max(row.sum(), 1e-12))


def wishes_of(
    facet: Facet,
    tags: Sequence[str],
    memory: Memory,
    guide: GuideConfig,
    decisions: Sequence[Decision],
) -> Guidance:
    """Gather the wishes of a facet: what the settings ask, and what was decided by hand."""
    speaker = Speaker(facet, tags, memory)
    asked = Guidance()
    for wish in (*settings(guide, speaker), *decided(decisions, speaker)):
        if isinstance(wish, str):
            asked.conflicts.append(wish)
        else:
            asked.wishes.append(wish)
    asked.conflicts.extend(contradictions(guide, speaker))
    return asked


def settings(guide: GuideConfig, speaker: Speaker) -> Iterable[Wish | str]:
    """The wishes of a settings file that concern this facet; a sentence for what is unknown."""
    for kind in ("together", "apart", "seed"):
        for words in getattr(guide, "seeds" if kind == "seed" else kind):
            yield from wish(kind, words, speaker)
    for circle in guide.frozen:
        if circle.startswith(f"{speaker.facet}-"):
            yield from wish("frozen", (circle,), speaker)


def wish(kind: str, words: Sequence[str], speaker: Speaker) -> Iterable[Wish | str]:
    """One wish of a settings file, a sentence when it is of nothing known, or none of this facet.

    A pair of more than two words that stay apart is every pair of them.
    """
    mine = [word for word in words if speaker.is_mine(word)]
    says = f"`{kind}` {', '.join(words)}"
    unknown = [word for word in words if word not in mine]
    belongs = mine or any(word.startswith(f"{speaker.facet}-") for word in words)
    if not belongs:
        return
    if unknown:
        yield f"{says}: {', '.join(unknown)} is no circle of the run before and no tag in use."
    elif kind == "apart":
        for pair in combinations(mine, 2):
            yield Wish(kind, says, speaker.rows(pair), keys_of(pair, speaker))
    elif kind == "seed":
        yield Wish(kind, says, speaker.over(dict.fromkeys(mine, 1.0))[None])
    else:
        first = tuple(word for word in mine if speaker.is_id(word))[:1]
        yield Wish(kind, says, speaker.rows(mine), first)


def keys_of(pair: Sequence[str], speaker: Speaker) -> tuple[str, ...]:
    """The ids two circles keep, none for a tag."""
    return tuple(word if speaker.is_id(word) else "" for word in pair)


def decided(decisions: Sequence[Decision], speaker: Speaker) -> Iterable[Wish | str]:
    """The decisions about circles of this facet that change who is in which."""
    for decision in decisions:
        if decision.facet != speaker.facet or decision.kind == "rename":
            continue
        before = np.array([speaker.over(shares) for shares in decision.signatures.values()])
        before = before.reshape(-1, len(speaker.tags))
        if decision.kind == "retire":
            yield Wish("retire", decision.says, before)
        elif decision.kind == "merge":
            kept = [word for word in decision.circles if speaker.is_id(word)]
            rows = np.vstack([before, speaker.rows(kept)])
            yield Wish("together", decision.says, rows, tuple(kept[:1]))
        else:
            both = [word for word in decision.circles if speaker.is_id(word)]
            rows = speaker.rows(both) if both[:1] == [decision.circles[0]] else before
            yield Wish("split", decision.says, rows, decision.circles)


def contradictions(guide: GuideConfig, speaker: Speaker) -> Iterable[str]:
    """Pairs asked to be both together and apart."""
    together = {pair for words in guide.together for pair in combinations(sorted(words), 2)}
    for words in guide.apart:
        for pair in combinations(sorted(words), 2):
            if pair in together and all(map(speaker.is_mine, pair)):
                yield f"{' and '.join(pair)} are asked to be together and apart."


def given_names(
    decisions: Sequence[Decision], tags: Sequence[str], denied: Sequence[str]
) -> dict[str, str]:
    """The names people gave, by id, the last one counting; none says a denied tag."""
    names = {each.circles[0]: str(each.name) for each in decisions if each.kind == "rename"}
    return {
        circle: name
        for circle, name in names.items()
        if not says_denied(name, [*tags, *denied], denied) and not is_denied(name, denied)
    }


def given_up(
    guide: GuideConfig, decisions: Sequence[Decision], keys: Collection[str]
) -> frozenset[str]:
    """The ids no circle goes on with: of circles retired by hand, or joined to one that was found.

    `keys` are the ids given by hand to circles found.
    """
    retired = [circle for each in decisions if each.kind == "retire" for circle in each.circles]
    joined = [each.circles for each in decisions if each.kind == "merge"] + [*guide.together]
    into = [(next((word for word in words if word in keys), None), words) for words in joined]
    others = [word for kept, words in into if kept for word in words if word != kept]
    return frozenset([*retired, *others])
