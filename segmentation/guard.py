"""What may be told of how many: counts for callers who may not list the people themselves.

Three rules together. A part of a filter that makes a difference of fewer people than the least
audience is left out, so that asking with and without it gives one answer. What remains is blurred
by noise and rounded. And no figure is told of an audience below the least.

The noise is fixed by the snapshot and by what is asked, so that asking again gives the same figure
and repetition sharpens nothing. It is not fixed by who is meant: two figures would then tell
whether two filters mean the same people, and with that whether a person is among them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from segmentation.audience import Audience
from segmentation.errors import UsageError
from segmentation.filter_tree import And, Node, Not, Or, conditions, normal
from segmentation.manifest import JsonObject

MOST_CONDITIONS = 30
NOISE = 0.5  # standard deviation, in least audiences
STEP = 0.2  # what figures are rounded to, in least audiences
CERTAINTY = 1.96  # standard deviations an interval of 95 % reaches


@dataclass(frozen=True)
class Figure:
    """How many people: exactly, or about so many; None when they are too few to say."""

    count: int | None
    low: int
    high: int
    exact: bool

    @classmethod
    def exactly(cls, count: int) -> "Figure":
        """A figure without doubt."""
        return cls(count, count, count, True)


class Guard:
    """Tells figures of one snapshot; `min_audience` of its manifest below 2 guards nothing.

    All servers of a snapshot tell the same, for the noise is keyed by a checksum of it that no
    caller is told and that no erasure changes.
    """

    def __init__(self, manifest: JsonObject) -> None:
        self.minimum: int = manifest["min_audience"]
        slots = manifest["files"]["index/slots.npy"]["sha256"]
        self._key = hashlib.sha256(f"{manifest['run_id']} {slots}".encode()).digest()
        self._step = max(1, round(STEP * self.minimum))
        self._noise = NOISE * self.minimum

    def tell(self, audience: Audience, purpose: str | None, part: Node | None = None) -> Figure:
        """How many an audience holds, or one part of its filter."""
        tree = self._steadied(audience, audience.tree if part is None else part)
        return self.figure(len(audience.find(tree)), f"{purpose} {normal(tree)}")

    def tell_common(self, one: Audience, other: Audience, purpose: str | None) -> Figure:
        """How many two audiences have in common."""
        trees = [self._steadied(each, each.tree) for each in (one, other)]
        both = one.find(trees[0]) & other.find(trees[1])
        return self.figure(len(both), f"{purpose} {normal(And(tuple(trees)))}")

    def circle(self, row: dict[str, Any]) -> dict[str, Any]:
        """A circle's row, without its size where that is below the least audience.

        Shares of its members are told roughly, of so few not at all: exact ones are fractions
        that have its size below their line, and tell how few of them have a tag.
        """
        if self.minimum < 2:
            return row
        if "top_tags" in row:
            row = row | {"top_tags": [self._tag(tag, row["size"]) for tag in row["top_tags"]]}
        return row if row["size"] >= self.minimum else {**row, "size": None, "share_of_users": None}

    def tier(self, row: dict[str, Any]) -> dict[str, Any]:
        """A tier's row, without how many hold it where they are fewer than the least audience."""
        return row if row["members"] >= self.minimum else {**row, "members": None}

    def figure(self, people: int, asked: str) -> Figure:
        """A number of people, blurred as belongs to what was asked, or that they are too few."""
        if self.minimum < 2:
            return Figure.exactly(people)
        blurred = people + self._noise * self._draw(asked)
        told = self._step * round(blurred / self._step)
        reach = CERTAINTY * self._noise + self._step / 2
        if people < self.minimum or told < self.minimum:
            return Figure(None, 0, round(self.minimum + reach), False)
        low = max(self.minimum, round(told - reach))
        return Figure(told, low, round(told + reach), False)

    def share(self, share: float | None, among: int | None, asked: str, of: str) -> float | None:
        """A share of so many people, blurred by a few of them; of too few nothing is told.

        It is a share of the figure told `of` them: of the true number, a few shares would tell it.
        """
        if self.minimum < 2 or share is None or among is None:
            return share
        told = self.figure(among, of).count
        if told is None:
            return None
        blurred = share * among + self._step * self._draw(asked)
        rounded = max(0.0, self._step * round(blurred / self._step) / told)
        return float(rounded if share > 1 else min(1.0, rounded))

    def about(self, people: float) -> float | None:
        """A number of people foretold, rounded; None when they are too few to say."""
        if self.minimum < 2:
            return people
        return float(self._step * round(people / self._step)) if people >= self.minimum else None

    def _tag(self, tag: dict[str, Any], people: int) -> dict[str, Any]:
        """What marks a circle of so many people, roughly; of few no share."""
        share = None if people < self.minimum else rough(tag.get("share"), "%.2f")
        return {
            **tag,
            "lift": rough(tag["lift"], "%.2g"),
            "share": share,
            "q_value": rough(tag.get("q_value"), "%.0e"),
        }

    def _steadied(self, audience: Audience, tree: Node) -> Node:
        if self.minimum < 2:
            return tree
        require_few(tree)
        while (plainer := self._plainer(audience, tree)) is not None:
            tree = plainer
        return tree

    def _plainer(self, audience: Audience, tree: Node) -> Node | None:
        found = audience.find(tree)
        for plainer in without_a_part(tree):
            if found.symmetric_difference_cardinality(audience.find(plainer)) < self.minimum:
                return plainer
        return None

    def _draw(self, asked: str) -> float:
        """A number of the normal distribution that belongs to what was asked."""
        digest = hashlib.blake2b(asked.encode(errors="replace"), key=self._key, digest_size=6)
        uniform = (int.from_bytes(digest.digest(), "little") + 0.5) / 2**48
        return NormalDist().inv_cdf(uniform)


def rough(figure: float | None, form: str) -> float | None:
    """A figure as it is written in few digits."""
    return None if figure is None else float(form % figure)


def require_few(tree: Node) -> None:
    """Refuse a filter of more conditions than can be looked at one by one."""
    count = sum(1 for _ in conditions(tree))
    if count > MOST_CONDITIONS:
        raise UsageError(
            f"Without the scope `members` a filter may have {MOST_CONDITIONS} conditions, "
            f"this one has {count}."
        )


def without_a_part(tree: Node) -> Iterator[Node]:
    """Go through the trees that lack one part of a conjunction or disjunction."""
    if isinstance(tree, And):
        yield from lacking(tree)
        return
    yield And(())
    yield from lacking(tree)


def lacking(node: Node) -> Iterator[Node]:
    """Go through a node with one of the parts in it gone."""
    if isinstance(node, Not):
        yield from (Not(part) for part in lacking(node.part))
    if not isinstance(node, And | Or):
        return
    kind = type(node)
    for at, part in enumerate(node.parts):
        before, after = node.parts[:at], node.parts[at + 1 :]
        if kind is And or len(node.parts) > 1:
            yield kind(before + after)
        yield from (kind((*before, less, *after)) for less in lacking(part))
