"""What a few tags are about: their shared beginnings, and the tags as people say them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 24
"""Characters a topic may have; a longer tag ends at the last whole word before."""
ACRONYM = 4
SMALL = frozenset(
    {"a", "an", "and", "at", "by", "de", "des", "du", "for", "from", "in", "la", "le", "near", "of"}
    | {"on", "or", "set", "the", "to", "with", "&"}
)
USERS = {
    "app": "app users",
    "browse": "browsers",
    "comment": "commenters",
    "like": "likers",
    "purchase": "buyers",
    "refer": "inviters",
    "return": "returns",
    "search": "searchers",
    "share": "sharers",
    "ugc": "creators",
}
"""People by the channel they lean to."""
ANSWERS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
"""Labels that answer the question their namespace asks."""
NESTED = re.compile(r"(?<=[^\W\d_]):+(?=[^\W\d_])")
"""Between a namespace and one within it; no time of day."""


@dataclass(frozen=True)
class Spoken:
    """A tag and how much it tells of a circle."""

    tag: str
    telling: float

    @property
    def phrase(self) -> str:
        """The tag as people say it."""
        return readable(self.tag)

    @property
    def kind(self) -> str:
        """What a name says once only: `label:job`, `hour`, `channel`; '' for a plain tag."""
        kind, colon, _ = self.tag.partition("=")[0].partition(":")
        if not colon or "/" in kind or " " in kind:
            return ""
        return self.tag.partition("=")[0] if kind == "label" else kind


@dataclass(frozen=True)
class Topics:
    """What some tags are about, the most telling first; `repeated` says nothing `fresh` has not."""

    fresh: tuple[str, ...]
    repeated: tuple[str, ...]


def topics(tags: Sequence[Spoken], known: set[str]) -> Topics:
    """Return what the tags are about.

    Tags that begin alike are one topic, their beginning: `knitting gifts` and `knitting for
    beginners` are about knitting. A single word is a topic if it is in `known`, the tags there
    are in small letters, or if half of the tags begin with it. What has neither letter nor
    figure cannot be said.
    """
    tags = [tag for tag in tags if any(map(str.isalnum, tag.phrase))]
    plain = [tag.phrase for tag in tags if not tag.kind]
    weight: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for tag in tags:
        topic = tag.phrase if tag.kind else head_of(tag.phrase, plain, known)
        weight[topic] = weight.get(topic, 0.0) + tag.telling
        kinds[topic] = tag.kind
    ranked = sorted(weight, key=lambda topic: -weight[topic])
    fresh = without_echoes(ranked, kinds)
    return Topics(tuple(fresh), tuple(topic for topic in ranked if topic not in fresh))


def head_of(phrase: str, phrases: Sequence[str], known: set[str]) -> str:
    """The beginning a phrase shares with most of the others, or the whole phrase.

    What ends in a figure, such as `video tag 43`, is a number of its own and stays whole.
    """
    if any(letter.isdigit() for letter in phrase.split()[-1]):
        return phrase
    shared = {
        head: sum(starts_with(other, head) for other in phrases) for head in beginnings(phrase)
    }
    for are_topics in (
        [head for head in shared if head.casefold() in known or " " in head],
        [head for head in shared if shared[head] >= max(len(phrases) / 2, 3)],
    ):
        best = max(are_topics, key=lambda head: shared[head], default="")
        if best and shared[best] > 1:
            return best
    return phrase


def beginnings(phrase: str) -> list[str]:
    """Whole-word beginnings of a phrase, the longest first, none ending in a small word."""
    words = phrase.split()
    heads = [words[:end] for end in range(min(len(words), 3), 0, -1)]
    return [" ".join(head) for head in heads if is_content(head[-1])]


def is_content(word: str) -> bool:
    """Whether a word can end a topic: no preposition, number or mark."""
    is_figure = any(letter.isdigit() for letter in word)
    return word.casefold() not in SMALL and not is_figure and word[-1:].isalpha()


def starts_with(phrase: str, head: str) -> bool:
    """Whether a phrase begins with these whole words."""
    return f"{phrase.casefold()} ".startswith(f"{head.casefold()} ")


def without_echoes(phrases: Sequence[str], kinds: dict[str, str]) -> list[str]:
    """Keep what says something new: not the same kind, first word or half of the words again."""
    said: set[str] = set()
    begun: set[str] = set()
    fresh = []
    for phrase in phrases:
        words = content_words(phrase)
        start = kinds[phrase] or words[0]
        if start in begun or 2 * len(said.intersection(words)) >= len(set(words)):
            continue
        fresh.append(phrase)
        begun.add(start)
        said.update(words)
    return fresh


def content_words(phrase: str) -> list[str]:
    """The words of a phrase without small ones and without the plural's s."""
    words = phrase.casefold().replace("/", " ").split()
    return [word.rstrip("s") for word in words if word not in SMALL] or [phrase.casefold()]


def readable(tag: str) -> str:
    """Write a tag as people say it: `label:job=cook` is `cook`, `a::board:chess` board chess."""
    kind, _, rest = tag.partition(":")
    rest = NESTED.sub(" ", rest.lstrip(":"))
    if not rest or "/" in kind or " " in kind or rest.startswith("//"):
        return shortened(spoken(tag))
    name, equals, value = rest.partition("=")
    phrases = {
        "label": labelled(name, value) if equals else name,
        "hour": f"{rest.replace('-', ' ')}s",
        "channel": USERS.get(rest, f"{rest} users"),
        "tempo": f"{rest} visitors",
        "spend": f"{rest} spenders",
        "app": f"{rest} apps",
    }
    return shortened(spoken(phrases.get(kind, rest)))


def labelled(name: str, value: str) -> str:
    """A label's value, with its name where the value alone would say nothing.

    `is_author=0` is `not author`; a long name loses its last words before the value is cut off.
    """
    answer = ANSWERS.get(value.casefold())
    asked = name.removeprefix("is_").removeprefix("has_")
    if answer is not None and asked != name:
        return asked if answer else f"{'no' if name.startswith('has_') else 'not'} {asked}"
    if value[:1].isalpha() and answer is None:
        return value
    words = name.replace("_", " ").split()
    while len(words) > 1 and len(" ".join([*words, value])) > LONGEST:
        words.pop()
    return " ".join([*words, value])


def spoken(words: str) -> str:
    """Underscores become spaces and shouting becomes speech; a short acronym stays."""
    plain = " ".join(words.replace("_", " ").split())
    is_acronym = len(plain) <= ACRONYM
    return plain.lower() if plain.isupper() and not is_acronym else plain


def shortened(words: str) -> str:
    """End what is too long for a topic at a whole word that can end one."""
    if len(words) <= LONGEST:
        return words
    kept = words[: LONGEST + 1].split(" ")[:-1]
    while len(kept) > 1 and not is_content(kept[-1]):
        kept.pop()
    return " ".join(kept).rstrip(" ,;-") or words[:LONGEST]
