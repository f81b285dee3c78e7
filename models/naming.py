"""Names people can say, made of the tags that set a circle apart."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

from models.distinction import Mark, is_denied
from models.topics import Spoken, readable, topics

WORDS = 3
CANDIDATES = 12
LONGEST = 48


def circle_names(
    marks: Sequence[Sequence[Mark]],
    tags: Sequence[str],
    *,
    denied: Sequence[str] = (),
    taken: Mapping[int, str] | None = None,
    reserved: Collection[str] = (),
) -> list[str]:
    """Name every circle by its most distinctive tags; no two names are the same.

    Parameters
    ----------
    marks : sequence of sequence of Mark
        What `tag_marks` says of each circle, the sure and most telling tags first.
    tags : sequence of str
        All tags of the facet; a shared beginning that is one of them may be a topic by itself.
    denied : sequence of str
        Tags, or patterns such as `label:health=*`, that no name may use.
    taken : mapping of circle to name
        Names that stay: those of circles that go on.
    reserved : collection of str
        Names that belong to others: those people gave to circles by hand, for example.
    """
    names = dict(taken or {})
    used = {name.casefold() for name in (*names.values(), *reserved)}
    allowed = {tag.casefold() for tag in tags if not is_denied(tag, denied)}
    for circle, row in enumerate(marks):
        if circle not in names:
            names[circle] = first_free(proposals(row, allowed), used, circle)
            used.add(names[circle].casefold())
    return [names[circle] for circle in range(len(marks))]


def says_denied(name: str, tags: Sequence[str], denied: Sequence[str]) -> bool:
    """Whether a name says one of `tags` that is denied, as it stands or as people say it."""
    unsaid = [tag for tag in tags if is_denied(tag, denied)]
    words = {re.escape(word) for tag in unsaid for word in (tag, readable(tag)) if word}
    if not words:
        return False
    said = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(words))})(?!\w)", re.IGNORECASE)
    return said.search(name) is not None


def proposals(row: Sequence[Mark], allowed: set[str]) -> Iterator[str]:
    """Names for a circle, the best first: its three main topics, then others, then repetitions."""
    sure = [mark for mark in row if mark.is_sure] or row
    told = [Spoken(mark.tag, mark.telling) for mark in sure[:CANDIDATES]]
    found = topics(told, allowed)
    every = (*found.fresh, *found.repeated)
    for choice in (found.fresh, every):
        for some in combinations(choice, min(WORDS, len(choice))):
            yield joined(fitting(some))


def fitting(phrases: Sequence[str]) -> list[str]:
    """Keep the phrases that fit into one name together, the first ones first."""
    kept: list[str] = []
    for phrase in phrases:
        if not kept or len(joined([*kept, phrase])) <= LONGEST:
            kept.append(phrase)
    return kept


def first_free(names: Iterator[str], used: set[str], circle: int) -> str:
    """The first name nobody has; when all are gone, the best one with a number."""
    best = ""
    for name in names:
        best = best or name
        if name and name.casefold() not in used:
            return name
    number = 2
    best = best or f"Circle {circle + 1}"
    while f"{best} {number}".casefold() in used:
        number += 1
    return f"{best} {number}" if best.casefold() in used else best


def joined(words: Sequence[str]) -> str:
    """Write words as one phrase, the first in a capital: `Yoga, running & meal prep`."""
    if not words:
        return ""
    link = " and " if any("&" in word for word in words) else " & "
    phrase = link.join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
    return phrase[0].upper() + phrase[1:]
