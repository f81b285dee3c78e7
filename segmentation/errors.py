"""Everything that can go wrong outside the arithmetic, as one tree.

SegmentationError
├── UsageError            the caller asked for something that cannot be (exit code 2)
│   ├── ConfigError       a settings or policy file
│   ├── FilterError       an audience filter that says something it cannot
│   ├── InputError        a table that is not what it claims, or too many bad rows
│   └── NotFound          an id nobody has
└── StoreError            the store is locked, damaged or of another version (exit code 1)
    ├── StoreLocked
    ├── StoreUnwritable
    └── StoreDamaged
        └── StoreOutdated
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SegmentationError(Exception):
    """The root: one sentence saying what was wrong, what was given and what to do."""

    exit_code = 1


class UsageError(SegmentationError):
    """The caller can mend this by asking differently."""

    exit_code = 2


class ConfigError(UsageError):
    """A settings or policy file holds something it must not."""

    @classmethod
    def unknown_key(cls, file: str, key: str, known: Iterable[str]) -> "ConfigError":
        """Name the unknown key and the known one nearest to it."""
        nearest = get_close_matches(key.rsplit(".", 1)[-1], list(known), n=1, cutoff=0.0)
        hint = f" Did you mean `{nearest[0]}`?" if nearest else ""
        return cls(f"`{key}` in {file} is not a setting.{hint}")


class FilterError(UsageError):
    """An audience filter cannot be read; `position` is the character at fault, counted from 1."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position

    @classmethod
    def unknown(cls, what: str, name: str, known: Iterable[str], *, position: int) -> "FilterError":
        """Name what nothing bears, and the known name nearest to it."""
        nearest = get_close_matches(name, list(known), n=1, cutoff=0.5)
        hint = f" Did you mean `{nearest[0]}`?" if nearest else ""
        return cls(
            f"`{name}` at character {position} is not {what}.{hint}",
            position=position,
        )


class InputError(UsageError):
    """An input table cannot be used."""


class NotFound(UsageError):
    """Nothing has this id."""

    @classmethod
    def of(cls, what: str, name: str) -> "NotFound":
        """Say which kind of thing was asked for, and by which id."""
        return cls(f"There is no {what} `{name}`.")


class StoreError(SegmentationError):
    """The store cannot be used as it is."""


class StoreLocked(StoreError):
    """Another process is writing to this store."""


class StoreUnwritable(StoreError):
    """The store or its database may only be read, is full, or cannot be reached."""


class StoreDamaged(StoreError):
    """A file of the store is missing or not what its manifest says."""


class StoreOutdated(StoreDamaged):
    """A snapshot of an earlier version, which lacks what answers are read from now."""
