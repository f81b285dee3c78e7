"""Tables written inline in a TOML file, such as `benefits = [{ name = ... }]`, with their lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'
    r"|[\w.-]+|\S|\n",
    re.DOTALL,
)
OPENS, CLOSES = "[{", "]}"


@dataclass(frozen=True)
class Opened:
    """A bracket not yet closed: which, and the name of what it holds; None where none is told."""

    bracket: str
    name: str | None


def inline_tables(text: str, *, under: str) -> Iterator[tuple[str, int]]:
    """Give the name and the line, from 0, of every inline table that has a place of its own.

    Those are the tables of arrays, which are counted, and those of the first section; `text` is
    what stands in the section called `under`.
    """
    opened: list[Opened] = []
    key, word, line = "", "", 0
    for token in TOKEN.findall(text):
        if token == "=":
            key = word
        elif token in OPENS:
            name = name_of(token, key, opened, under)
            if token == "{" and name is not None:
                yield name, line
            opened.append(Opened(token, name))
        elif token in CLOSES and opened:
            opened.pop()
        word = token.strip("\"'")
        line += token.count("\n")


def name_of(bracket: str, key: str, opened: list[Opened], under: str) -> str | None:
    """What an opening bracket begins: a row of the array it stands in, or what its key names."""
    if opened and opened[-1].bracket == "[":
        return opened[-1].name
    around = opened[-1].name if opened else under
    has_place = around is not None and (bracket == "[" or not (opened or under))
    return f"{around}.{key}".lstrip(".") if has_place else None
