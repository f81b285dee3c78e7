"""A TOML file remembered with its lines, so that whoever wrote a fault is told where."""

import dataclasses
import itertools
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from segmentation.errors import ConfigError
from segmentation.inline import inline_tables
from segmentation.records import overlay

Record = TypeVar("Record")
Table = dict[str, Any]
HEADER = re.compile(r"\s*\[{1,2}\s*([\w.\s\"'-]+?)\s*\]{1,2}\s*(?:#.*)?")


@dataclass(frozen=True)
class Section:
    """The lines under one header of a TOML file, or of one inline table.

    The first section has no header.
    """

    name: str
    start: int
    lines: tuple[str, ...]

    def line_of(self, key: str) -> int:
        """The line that sets a key, or the header's."""
        sets = re.compile(rf'\s*["\']?{re.escape(key)}["\']?\s*(=|\.)')
        return next((self.start + n for n, line in enumerate(self.lines) if sets.match(line)), 0)

    def inline(self) -> Iterator["Section"]:
        """The tables written inline among these lines."""
        body = list(self.lines)
        if self.name:
            body[0] = ""  # the header's own brackets open nothing
        for name, line in inline_tables("\n".join(body), under=self.name):
            yield Section(name, self.start + line, self.lines[line : line + 1])


@dataclass(frozen=True)
class Source:
    """The file a policy was read from, to say where a fault lies."""

    file: str
    text: str

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The file cut at its headers, each part followed by the inline tables in it."""
        lines = self.text.splitlines()
        heads = [(n, found[1]) for n, line in enumerate(lines) if (found := HEADER.fullmatch(line))]
        starts = [(0, ""), *heads, (len(lines), "")]
        parts = (
            Section(name, start + 1, tuple(lines[start:end]))
            for (start, name), (end, _) in itertools.pairwise(starts)
        )
        return tuple(each for part in parts for each in (part, *part.inline()))

    def place(self, name: str, key: str, nth: int = 0) -> str:
        """The file, and the line that sets a key in the nth section of a name."""
        named = [section for section in self.sections if section.name == name]
        if nth < len(named):
            line = named[nth].line_of(key) or named[nth].start
        else:  # it may be written `name.key = ...`, above every header
            line = self.sections[0].line_of(f"{name}.{key}")
        return f"{self.file}, line {line}" if line else self.file

    def rows(self, value: object, name: str) -> list[Table]:
        """Return an array of tables, or say how to write one."""
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return value
        place = self.place("", name)
        raise ConfigError(f"`{name}` in {place} must be tables, written [[{name}]].")

    def fault(self, what: str, name: str, key: str, nth: int) -> ConfigError:
        """An error about the nth row of an array of tables, at the line of one of its keys."""
        return ConfigError(f"In {self.place(name, key, nth)}, {what}")


def filled(
    record: Record, table: Table, source: Source, name: str, nth: int = 0, under: str = ""
) -> Record:
    """Put a table over a record key by key, so that an error has its line."""
    for key, value in table.items():
        inner = f"{name}.{key}".lstrip(".")
        if isinstance(value, dict) and any(section.name == inner for section in source.sections):
            place = source.place(inner, next(iter(unknown_keys(record, key, value)), ""))
            if lost := misplaced(record, key, value):
                raise ConfigError(
                    f"`{lost}` in {place} stands under [{inner}]. It belongs above the first table."
                )
        else:
            place = source.place(name, key, nth)
        record = overlay(record, {key: value}, place, under)
    return record


def misplaced(record: object, key: str, table: Table) -> str | None:
    """A key written after the header of a table, that is known only outside of it."""
    inner = getattr(record, key, None)
    if not dataclasses.is_dataclass(inner):
        return None
    outside = {field.name for field in dataclasses.fields(typing.cast(Any, record))}
    own = {field.name for field in dataclasses.fields(inner)}
    return next(
        (k for k, v in table.items() if k in outside - own and not isinstance(v, dict)), None
    )


def unknown_keys(record: object, key: str, table: Table) -> Iterator[str]:
    """The keys of a table that its record does not have, then those it does."""
    known = getattr(record, key, None)
    names = (
        {field.name for field in dataclasses.fields(known)}
        if dataclasses.is_dataclass(known)
        else set(table)
    )
    yield from sorted(table, key=lambda name: name in names)
