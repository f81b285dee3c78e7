"""Names people can say, made of the tags that set a circle apart."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]

WORDS = 3
SHOWN = 12
CANDIDATES = 12
LONGEST = 24


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
    ranked = distinctive(profiles, background, tags, denied)
    for circle, row in enumerate(ranked):
        if circle not in names:
            names[circle] = first_free(proposals(row), used, circle)
            used.add(names[circle].casefold())
    return [names[circle] for circle in range(len(ranked))]


def top_tags(
    profiles: sparse.csr_array,
    background: FloatArray,
    tags: Sequence[str],
    *,
    denied: Sequence[str] = (),
) -> list[list[tuple[str, float]]]:
    """Return each circle's most distinctive tags with their lift over the crowd."""
    return [row[:SHOWN] for row in distinctive(profiles, background, tags, denied)]


def distinctive(
    profiles: sparse.csr_array, background: FloatArray, tags: Sequence[str], denied: Sequence[str]
) -> list[list[tuple[str, float]]]:
    """Rank each circle's tags by how much they tell: share times the logarithm of their lift."""
    rows = []
    for circle in range(profiles.shape[0]):
        span = slice(profiles.indptr[circle], profiles.indptr[circle + 1])
        columns, shares = profiles.indices[span], profiles.data[span]
        lift = shares / np.maximum(background[columns], 1e-12)
        telling = shares * np.log(np.maximum(lift, 1.0))
        order = np.lexsort((columns, -telling))
        rows.append(
            [
                (tags[columns[at]], float(lift[at]))
                for at in order
                if not any(fnmatchcase(tags[columns[at]], pattern) for pattern in denied)
            ]
        )
    return rows


def proposals(row: Sequence[tuple[str, float]]) -> Iterator[str]:
    """Names for a circle, the best first: its three most telling tags, then other triples.

    A tag that repeats a word of one before it says little new and comes last.
    """
    words = list(dict.fromkeys(readable(tag) for tag, _ in row[:CANDIDATES]))
    fresh = without_echoes(words)
    ordered = fresh + [word for word in words if word not in fresh]
    for some in combinations(ordered, min(WORDS, max(len(fresh), 1), len(ordered))):
        yield joined(some)


def without_echoes(phrases: Sequence[str]) -> list[str]:
    """Keep the phrases none of whose longer words was said before."""
    said: set[str] = set()
    fresh = []
    for phrase in phrases:
        words = {word.rstrip("s") for word in phrase.casefold().split() if len(word) > 3}
        if not words & said:
            fresh.append(phrase)
            said |= words
    return fresh


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
    phrase = " & ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
    return phrase[0].upper() + phrase[1:]


def readable(tag: str) -> str:
    """Write a tag as people say it: `label:household=mom` is `mom`."""
    kind, _, rest = tag.partition(":")
    if not rest or "/" in kind:
        return shortened(tag.replace("_", " ").strip())
    name, equals, value = rest.partition("=")
    phrases = {
        "label": f"{name} {value}" if value.isdigit() else value if equals else name,
        "hour": " ".join(reversed(rest.split("-")))
        .replace("weekday", "on weekdays")
        .replace("weekend", "on weekends"),
        "channel": f"mostly {rest}",
        "tempo": f"{rest} visits",
        "spend": f"{rest} spenders",
    }
    return shortened(phrases.get(kind, rest).replace("_", " ").strip())


def shortened(words: str) -> str:
    """Cut what is too long for a name at a word's end; shouting becomes speech."""
    spoken = words.lower() if words.isupper() else words
    if len(spoken) <= LONGEST:
        return spoken
    return spoken[: LONGEST + 1].rsplit(" ", 1)[0][:LONGEST].rstrip(" ,;-") + "…"
