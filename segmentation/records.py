"""Frozen records laid over by the keys of a TOML table, each checked against its type."""

import dataclasses
import types
import typing
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from segmentation.errors import ConfigError

Record = TypeVar("Record")
WORDS = {
    bool: "true or false",
    int: "a whole number without quotes",
    float: "a number without quotes, such as 0.8 for 80 %",
    str: "text in quotes",
    date: "a date without quotes, such as 2026-12-31",
}
"""What each type is called in messages."""


def overlay(record: Record, table: dict[str, Any], file: str, under: str = "") -> Record:
    """Return `record` with the values of a TOML table put over its own, types checked."""
    hints = typing.get_type_hints(type(record))
    changes = {}
    for key, value in table.items():
        name = f"{under}{key}"
        if key not in hints:
            raise ConfigError.unknown_key(file, name, hints)
        current = getattr(record, key)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, dict):
                raise ConfigError(f"`{name}` in {file} must be a table, got {value!r}.")
            changes[key] = overlay(current, value, file, f"{name}.")
        else:
            changes[key] = checked(value, hints[key], name, file)
    return typing.cast(Record, dataclasses.replace(typing.cast(Any, record), **changes))


def checked(value: Any, hint: Any, name: str, file: str) -> Any:  # noqa: ANN401 - TOML is untyped
    """Return a TOML value as its field's type, or say what was expected and what was given."""
    if isinstance(value, dict) and typing.get_origin(hint) is dict:
        kind = typing.get_args(hint)[1]
        return {key: checked(item, kind, f"{name}.{key}", file) for key, item in value.items()}
    candidate = as_tuples(value)
    if isinstance(candidate, int) and not isinstance(candidate, bool) and accepts(1.0, hint):
        candidate = candidate if accepts(candidate, hint) else float(candidate)
    if not accepts(candidate, hint):
        raise ConfigError(f"`{name}` in {file} must be {said(hint)}, got {given(value)}.")
    return candidate


def said(hint: Any) -> str:  # noqa: ANN401 - any type
    """What a field takes, in the words of whoever writes TOML."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(f'"{value}"' for value in arguments)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(said(kind) for kind in arguments if kind is not types.NoneType)
    if origin in (tuple, dict):
        of = said(arguments[-1 if origin is dict else 0])
        return f"a list, of which each is {of}" if origin is tuple else f"a table of {of} each"
    return WORDS.get(hint, str(hint))


def given(value: Any) -> str:  # noqa: ANN401 - any TOML value
    """A TOML value as one would recognise it; dates as they are written."""
    return value.isoformat() if isinstance(value, date) else repr(value)


def as_tuples(value: Any) -> Any:  # noqa: ANN401 - TOML is untyped
    """Turn lists into tuples, those within lists too."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def accepts(value: Any, hint: Any) -> bool:  # noqa: ANN401 - any TOML value against any type
    """Whether a value has the type a field asks for."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return value in arguments
    if origin in (types.UnionType, typing.Union):
        return any(accepts(value, option) for option in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(accepts(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            accepts(item, arguments[1]) for item in value.values()
        )
    return isinstance(value, hint) and not any(
        isinstance(value, narrow) and hint is not narrow for narrow in (bool, datetime)
    )
