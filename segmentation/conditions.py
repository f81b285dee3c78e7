"""The fields of the audience language: how a condition on each selects from a snapshot."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from segmentation.bitmaps import NOBODY, SEPARATOR, Places, bitmap_of
from segmentation.errors import FilterError
from segmentation.filter_tree import Restriction, Value
from segmentation.ranges import Span

if TYPE_CHECKING:
    from segmentation.audience import AudienceIndex

Selector: TypeAlias = Callable[[Places], Places]

MEASURES = ("share_propensity", "social_currency", "influence", "value", "stickiness")
NAMED = {"circle": "circle", "tag": "tag", "facet.primary": "primary"}
PRIMARY = {f"{facet}.primary": f"{facet}-" for facet in ("interest", "lifestyle")}
TIER = "tier"
RANKED = (TIER, "stage")
LABEL = "label"
IDENTITY = "user_id"
FIELDS = (*NAMED, *PRIMARY, "label.<namespace>", *RANKED, *MEASURES, IDENTITY)
CIRCLES = ("circle", "primary")
ORDERED = ("<", "<=", ">", ">=")
EQUAL = {"!=": "=", ":": "="}


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition bound to a snapshot: how to select, and about how many it will be.

    `sets` are what it is the union of, where it is no more than that; a disjunction takes them
    together at once. `span` is what it spans of a measure, where it is no more than that; a
    conjunction lays spans of one measure over each other.
    """

    select: Selector
    size: int
    sets: tuple[Places, ...] | None = None
    span: Span | None = None


def bind(index: "AudienceIndex", asked: Restriction) -> Condition:
    """Say how a condition selects from a snapshot, or where it is wrong."""
    name = asked.name
    if name in index.measures:
        return measured(index, asked)
    if name == IDENTITY:
        return identified(index, asked)
    if name in RANKED:
        return ranked(index, asked)
    if name in PRIMARY:
        return listed(index, asked, ("primary",), beginning=PRIMARY[name])
    if name in NAMED:
        return listed(index, asked, (NAMED[name],))
    if asked.field[0] == LABEL and len(asked.field) > 1:
        return labelled(index, asked)
    raise FilterError.unknown("a field", name, FIELDS, position=asked.position)


def listed(
    index: "AudienceIndex", asked: Restriction, key: tuple[str, ...], *, beginning: str = ""
) -> Condition:
    """Bind a field whose values are names, of which a person may have several."""
    if asked.comparator in ORDERED:
        raise unfit(asked, "its values have no order")
    words = named(index, asked.value, key, beginning)
    return of_words(index, asked, key, words)


def labelled(index: "AudienceIndex", asked: Restriction) -> Condition:
    """Bind the labels of a namespace; one in which nobody has a label is a field that is not."""
    key = (LABEL, asked.name.partition(".")[2])
    if not index.bitmaps.has_under(*key):
        spaces = {word.partition(SEPARATOR)[0] for word in index.bitmaps.words(LABEL)}
        known = [*FIELDS, *(f"{LABEL}.{space}" for space in sorted(spaces))]
        raise FilterError.unknown("a field", asked.name, known, position=asked.position)
    return listed(index, asked, key)


def ranked(index: "AudienceIndex", asked: Restriction) -> Condition:
    """Bind a field whose values have an order, lowest first."""
    order = index.ranks[asked.name]
    if asked.comparator not in ORDERED:
        words = [word for word in order if asked.value.pattern.fullmatch(word)]
        if not words and not asked.value.is_wild:
            raise unknown_value(f"a {asked.name}", asked.value, order)
        return of_words(index, asked, (asked.name,), words)
    if asked.value.text not in order:
        raise unknown_value(f"a {asked.name}", asked.value, order)
    at = order.index(asked.value.text)
    chosen = {"<": order[:at], "<=": order[: at + 1], ">": order[at + 1 :], ">=": order[at:]}
    return of_words(index, asked, (asked.name,), chosen[asked.comparator])


def measured(index: "AudienceIndex", asked: Restriction) -> Condition:
    """Bind a field that is a number; `:*` asks whether it is known."""
    measure = index.measures[asked.name]
    if asked.comparator == ":" and asked.value.text == "*":
        known = measure.known()
        return Condition(lambda within: within & known, len(known), (known,))
    comparator = EQUAL.get(asked.comparator, asked.comparator)
    span = measure.span(comparator, number_of(asked.value))
    if asked.comparator != "!=":
        return Condition(span.select, len(span), span=span)
    return opposed(asked, span.select, len(span), len(index.rows))


def identified(index: "AudienceIndex", asked: Restriction) -> Condition:
    """Bind the user id: equal to, beginning with, or bytewise before and after a text."""
    span = span_of(index, asked)

    def select(within: Places) -> Places:
        return within & bitmap_of(index.places[span.start : span.stop])

    return opposed(asked, select, len(span), len(index.rows))


def named(
    index: "AudienceIndex", value: Value, key: tuple[str, ...], beginning: str
) -> Sequence[str]:
    """The words under a key that a value means."""
    if value.is_wild:
        words = (word for word in index.bitmaps.words(*key) if word.startswith(beginning))
        return [word for word in words if value.pattern.fullmatch(word)]
    if key[0] in CIRCLES and ("circle", value.text) not in index.bitmaps:
        raise unknown_value("a circle", value, index.bitmaps.words("circle"))
    return [value.text] if value.text.startswith(beginning) else []


def of_words(
    index: "AudienceIndex", asked: Restriction, key: tuple[str, ...], words: Sequence[str]
) -> Condition:
    """Bind to the union of some bitmaps."""
    found = tuple(index.bitmaps.get(*key, word) for word in words)
    size = sum(map(len, found))
    if asked.comparator != "!=":
        return Condition(lambda within: cut(within, found), size, found)
    return Condition(lambda within: without(within, found), len(index.rows) - size)


def cut(within: Places, sets: Sequence[Places]) -> Places:
    """Those within who are in any of some sets; joined before or after, whichever is less."""
    if len(within) * len(sets) < sum(map(len, sets)):
        return union([within & each for each in sets])
    return within & union(sets)


def without(within: Places, sets: Sequence[Places]) -> Places:
    """Those within who are in none of some sets."""
    return within - (sets[0] if len(sets) == 1 else cut(within, sets))


def union(sets: Sequence[Places]) -> Places:
    """Everyone in any of some sets."""
    return sets[0] if len(sets) == 1 else NOBODY.union(*sets)


def opposed(asked: Restriction, select: Selector, size: int, everyone: int) -> Condition:
    """Turn a condition round when its comparator is `!=`: all others, also those not known."""
    if asked.comparator != "!=":
        return Condition(select, size)
    return Condition(lambda within: within - select(within), everyone - size)


def span_of(index: "AudienceIndex", asked: Restriction) -> range:
    """The rows whose ids a condition means; rows are in bytewise order of ids."""
    text = asked.value.text.encode("utf-8", "surrogatepass")
    count = len(index.rows)

    def reached(wanted: bytes) -> int:
        return bisect_left(range(count), wanted, key=index.id_at)

    if asked.value.is_wild:
        *first, last = asked.value.pieces
        if len(first) > 1 or last or asked.comparator in ORDERED:
            raise unfit(asked, "a wildcard may only stand at the end, and for `=` `!=` and `:`")
        begin = first[0].encode("utf-8", "surrogatepass")
        return range(reached(begin), reached(after(begin)) if begin else count)
    start, stop = reached(text), reached(text + b"\x00")
    spans = {"<": range(start), "<=": range(stop), ">": range(stop, count),
             ">=": range(start, count)}  # fmt: skip
    return spans.get(asked.comparator, range(start, stop))


def after(begin: bytes) -> bytes:
    """The first text bytewise after all that begin so; UTF-8 has no byte of 255."""
    return begin[:-1] + bytes([begin[-1] + 1])


def number_of(value: Value) -> float:
    """Read a value as a number."""
    try:
        number = float(value.text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise FilterError(
            f"`{value.text}` at character {value.position} is not a number.",
            position=value.position,
        )
    return number


def unknown_value(what: str, value: Value, known: Sequence[str]) -> FilterError:
    """Say that nothing bears a name, and what comes nearest."""
    return FilterError.unknown(what, value.text, known, position=value.position)


def unfit(asked: Restriction, why: str) -> FilterError:
    """Say that a field cannot be compared so."""
    return FilterError(
        f"`{asked.name} {asked.comparator}` at character {asked.position} cannot be: {why}.",
        position=asked.position,
    )
