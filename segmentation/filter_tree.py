"""What an audience filter says, as a tree of conditions; it can be written out again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Value:
    """What a field is compared with: text cut at its wildcards, and where it stands."""

    pieces: tuple[str, ...]
    position: int

    @property
    def text(self) -> str:
        """The value as plain text, a wildcard shown as `*`."""
        return "*".join(self.pieces)

    @property
    def is_wild(self) -> bool:
        """Whether a `*` in it stands for any text."""
        return len(self.pieces) > 1

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the whole of a text must look like."""
        return re.compile(".*".join(map(re.escape, self.pieces)), re.DOTALL)


@dataclass(frozen=True)
class Restriction:
    """One condition: a field, how it is compared, and with what."""

    field: tuple[str, ...]
    comparator: str
    value: Value
    position: int

    @property
    def name(self) -> str:
        """The field in full."""
        return ".".join(self.field)


@dataclass(frozen=True)
class Not:
    """Everyone of whom a part is not true."""

    part: "Node"


@dataclass(frozen=True)
class And:
    """Those of whom every part is true; without parts, everyone."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """Those of whom any part is true."""

    parts: tuple["Node", ...]


Node: TypeAlias = Restriction | Not | And | Or
EVERYONE = And(())


def conditions(node: Node) -> Iterator[Restriction]:
    """Go through the conditions of a tree from left to right."""
    if isinstance(node, Restriction):
        yield node
    for part in parts_of(node):
        yield from conditions(part)


def parts_of(node: Node) -> tuple[Node, ...]:
    """The parts a node joins or turns round; a condition has none."""
    if isinstance(node, Restriction):
        return ()
    return (node.part,) if isinstance(node, Not) else node.parts


def kind_of(node: Node) -> str:
    """The word for what joins the parts of a node."""
    if isinstance(node, Restriction):
        return "condition"
    if isinstance(node, And) and not node.parts:
        return "everyone"
    return {And: "and", Or: "or", Not: "not"}[type(node)]


def written(node: Node) -> str:
    """Write a part of a filter so that reading it again gives the same."""
    match node:
        case Restriction():
            name = ".".join(part if PLAIN.fullmatch(part) else quoted(part) for part in node.field)
            return f"{name} {node.comparator} {quoted(*node.value.pieces)}"
        case Not(part):
            return f"NOT {grouped(part)}"
        case And(parts):
            return " AND ".join(map(grouped, parts))
        case Or(parts):
            return " OR ".join(map(grouped, parts))


def normal(node: Node) -> str:
    """Write a part the same way whatever the order of what it joins, and without repetitions."""
    if isinstance(node, Restriction):
        return written(node)
    words = sorted({normal(part) for part in parts_of(node)})
    if len(words) == 1 and not isinstance(node, Not):
        return words[0]
    return f"{kind_of(node)}({', '.join(words)})"


def grouped(node: Node) -> str:
    """Write a part with parentheses where it has several parts of its own."""
    return written(node) if isinstance(node, Restriction) else f"({written(node)})"


def quoted(*pieces: str) -> str:
    """Write text in quotes, with bare wildcards between its pieces."""
    special = str.maketrans({"\\": "\\\\", '"': '\\"', "*": "\\*"})
    return '"' + "*".join(piece.translate(special) for piece in pieces) + '"'
