"""Names people can say, made of the tags that set a circle apart."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.topics import Spoken, topics

FloatArray = npt.NDArray[np.float64]

WORDS = 3
SHOWN = 12
CANDIDATES = 12
LONGEST = 48


def circle_names(
    profiles: sparse.csr_array,
    background: FloatArray,
    tags: Sequence[str],
    *,
    denied: Sequence[str] = (),
    taken: Mapping[int, str] | None = None,
) -> list[str]:
    """Name every circle by its most distinctive tags; no two names are the same.

    Parameters
    ----------
    profiles : csr_array of shape (n_circles, n_tags)
        Signatures, rows adding up to 1.
    background : ndarray of shape (n_tags,)
        Shares of the tags in the crowd.
    denied : sequence of str
        Tags, or patterns such as `label:health=*`, that no name may use.
    taken : mapping of circle to name
        Names that stay: those of circles that go on.
    """
    names = dict(taken or {})
    used = {name.casefold() for name in names.values()}
    allowed = {tag.casefold() for tag in tags if not is_denied(tag, denied)}
    for circle, row in enumerate(distinctive(profiles, background, tags, denied)):
        if circle not in names:
            names[circle] = first_free(proposals(row, allowed), used, circle)
            used.add(names[circle].casefold())
    return [names[circle] for circle in range(profiles.shape[0])]


def top_tags(
    profiles: sparse.csr_array,
    background: FloatArray,
    tags: Sequence[str],
    *,
    denied: Sequence[str] = (),
) -> list[list[tuple[str, float]]]:
    """Return each circle's most distinctive tags with their lift over the crowd."""
    ranked = distinctive(profiles, background, tags, denied)
    return [[(tag, lift) for tag, lift, _ in row[:SHOWN]] for row in ranked]


def distinctive(
    profiles: sparse.csr_array, background: FloatArray, tags: Sequence[str], denied: Sequence[str]
) -> list[list[tuple[str, float, float]]]:
    """Rank each circle's tags by how much they tell: share times the logarithm of their lift.

    A row holds tags with their lift and what they tell; those as usual in the crowd come last.
    """
    rows = []
    for circle in range(profiles.shape[0]):
        span = slice(profiles.indptr[circle], profiles.indptr[circle + 1])
        columns, shares = profiles.indices[span], profiles.data[span]
        lift = shares / np.maximum(background[columns], 1e-12)
        telling = shares * np.log(np.maximum(lift, 1.0))
        order = np.lexsort((columns, -telling))
        rows.append(
            [
                (tags[columns[at]], float(lift[at]), float(telling[at]))
                for at in order
                if not is_denied(tags[columns[at]], denied)
            ]
        )
    return rows


def is_denied(tag: str, patterns: Sequence[str]) -> bool:
    """Whether a tag is one of `patterns`, which are tags or globs such as `label:health=*`."""
    return any(tag == pattern or fnmatchcase(tag, pattern) for pattern in patterns)


def proposals(row: Sequence[tuple[str, float, float]], allowed: set[str]) -> Iterator[str]:
    """Names for a circle, the best first: its three main topics, then other triples."""
    found = topics([Spoken(tag, telling) for tag, _, telling in row[:CANDIDATES]], allowed)
    for some in combinations(found, min(WORDS, len(found))):
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
