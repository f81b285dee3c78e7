"""The audience language: filters of Google's AIP-160, read into a tree.

`circle = "interest-17" AND tier >= "gold" AND NOT tag:("luxury" OR "cruise")`. As AIP-160 has it,
`OR` binds closer than `AND`, conditions side by side mean `AND`, and `-` is `NOT`.
"""

import re
from collections.abc import Callable

from segmentation.errors import FilterError
from segmentation.filter_tree import EVERYONE, And, Node, Not, Or, Restriction, Value

LONGEST = 20_000
DEEPEST = 50
MOST_CONDITIONS = 1_000
NAME = re.compile(r"[^\s().:=<>!\"',-][^\s().:=<>!\"',]*")
BARE = re.compile(r"[^\s():=<>!\"',]+")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
COMPARATOR = re.compile(r"<=|>=|!=|[<>=:]")
KEYWORDS = ("AND", "OR", "NOT")
SET_COMPARATORS = ("=", ":")


def parse(text: str) -> Node:
    """Read a filter; an empty one means everyone.

    Raises
    ------
    FilterError
        Says what is wrong and at which character.
    """
    if len(text) > LONGEST:
        raise FilterError(
            f"A filter may have {LONGEST} characters, this one has {len(text)}.",
            position=LONGEST + 1,
        )
    return Reader(text).read()


class Reader:
    """Goes through a filter once, by recursive descent; the names are those of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._conditions = 0

    def read(self) -> Node:
        """Read the whole filter."""
        self._skip()
        if self._is_done():
            return EVERYONE
        node = self._expression(self._restriction)
        if not self._is_done():
            raise self._error("there is nothing to close")
        return node

    def _expression(self, leaf: Callable[[], Node]) -> Node:
        parts = self._sequence(leaf)
        while self._takes("AND"):
            parts += self._sequence(leaf)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _sequence(self, leaf: Callable[[], Node]) -> list[Node]:
        parts = [self._factor(leaf)]
        while not (self._is_done() or self._sees("AND") or self._text[self._at] == ")"):
            parts.append(self._factor(leaf))
        return parts

    def _factor(self, leaf: Callable[[], Node]) -> Node:
        parts = [self._term(leaf)]
        while self._takes("OR"):
            parts.append(self._term(leaf))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _term(self, leaf: Callable[[], Node]) -> Node:
        if self._takes("NOT") or self._takes_sign("-"):
            return Not(self._simple(leaf))
        return self._simple(leaf)

    def _simple(self, leaf: Callable[[], Node]) -> Node:
        return self._composite(leaf) if self._takes_sign("(") else leaf()

    def _composite(self, leaf: Callable[[], Node]) -> Node:
        opened = self._at
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"parentheses may be nested {DEEPEST} deep")
        node = self._expression(leaf)
        if not self._takes_sign(")"):
            raise self._error(f"the `(` of character {opened} is not closed")
        self._depth -= 1
        return node

    def _restriction(self) -> Node:
        position = self._at + 1
        field = self._field()
        if not self._is_done() and self._text[self._at] == "(":
            raise self._error("there are no functions")
        comparator = COMPARATOR.match(self._text, self._at)
        if comparator is None:
            name = ".".join(field)
            raise FilterError(
                f'`{name}` at character {position} is compared with nothing. Write `tag:"{name}"` '
                "for a tag, or one of = != < <= > >= : and a value.",
                position=position,
            )
        self._move(comparator)
        return self._argument(field, comparator.group(), position)

    def _field(self) -> tuple[str, ...]:
        parts = [self._field_part()]
        while self._takes_sign("."):
            parts.append(self._field_part())
        return tuple(parts)

    def _field_part(self) -> str:
        name = NAME.match(self._text, self._at)
        if name is not None and name.group() not in KEYWORDS:
            self._move(name)
            return name.group()
        quoted = QUOTED.match(self._text, self._at)
        if quoted is None:
            raise self._error("a field is expected")
        self._move(quoted)
        return "*".join(unquoted(quoted.group()))

    def _argument(self, field: tuple[str, ...], comparator: str, position: int) -> Node:
        def leaf() -> Node:
            self._conditions += 1
            if self._conditions > MOST_CONDITIONS:
                raise self._error(f"a filter may have {MOST_CONDITIONS} conditions")
            return Restriction(field, comparator, self._value(), position)

        if not self._takes_sign("("):
            return leaf()
        if comparator not in SET_COMPARATORS:
            raise self._error(f"`{comparator}` compares with one value, not with several")
        return self._composite(leaf)

    def _value(self) -> Value:
        position = self._at + 1
        found = QUOTED.match(self._text, self._at) or BARE.match(self._text, self._at)
        if found is None or found.group() in KEYWORDS:
            raise self._error("a value is expected")
        text, quoted = found.group(), found.group()[0] in "\"'"
        self._at = found.end()
        if not self._is_done() and self._text[self._at] not in ") \t\r\n":
            raise self._error("a value with such a character stands in quotes")
        self._skip()
        return Value(unquoted(text) if quoted else tuple(text.split("*")), position)

    def _takes(self, keyword: str) -> bool:
        if not self._sees(keyword):
            return False
        self._at += len(keyword)
        self._skip()
        return True

    def _sees(self, keyword: str) -> bool:
        end = self._at + len(keyword)
        return self._text.startswith(keyword, self._at) and self._text[end : end + 1] in (
            *"( \t\r\n",
            "",
        )

    def _takes_sign(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        self._skip()
        return True

    def _move(self, found: re.Match[str]) -> None:
        self._at = found.end()
        self._skip()

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _is_done(self) -> bool:
        return self._at >= len(self._text)

    def _error(self, what: str) -> FilterError:
        position = self._at + 1
        seen = "the end" if self._is_done() else f"`{self._text[self._at]}`"
        return FilterError(
            f"The filter cannot be read at character {position}, {seen}: {what}.",
            position=position,
        )


def unquoted(text: str) -> tuple[str, ...]:
    """Cut what stands between quotes at its wildcards; a backslash takes the next one literally."""
    pieces, rest = [""], iter(text[1:-1])
    for letter in rest:
        if letter == "*":
            pieces.append("")
        else:
            pieces[-1] += next(rest) if letter == "\\" else letter
    return tuple(pieces)
