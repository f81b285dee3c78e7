"""`rights.toml` read into a policy; whatever is wrong with it is named with its line."""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from segmentation.errors import ConfigError
from segmentation.policy import Benefit, Ladder, Measure, Policy, Tier, Way
from segmentation.policycheck import check
from segmentation.tomlfile import Source, Table, filled

Record = TypeVar("Record")
NEEDED = {"measures": ("name", "counts"), "tiers.benefits": ("name", "kind", "unit_cost")}
ROWS = ("measures", "ladders", "tiers")


def read_policy(path: Path) -> Policy:
    """Read a policy file and check that it makes sense.

    Raises
    ------
    ConfigError
        Names the file, the line where it is known, and what to write instead.
    """
    return parse_policy(read_text(path), file=str(path))


def read_text(path: Path) -> str:
    """Read the text of a policy file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"There is no policy file {path}. `coterie init` writes one.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The policy file {path} cannot be read: {error}.") from error


def parse_policy(text: str, *, file: str, in_force: bool = False) -> Policy:
    """Build a policy from TOML text; `file` is what messages call it.

    One that was in force is read as it was accepted then, whatever is refused since.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.{quoted(text, error)}") from error
    source = Source(file, text)
    plain = {key: value for key, value in table.items() if key not in ROWS}
    policy = filled(Policy(), plain, source, "")
    rows = {name: source.rows(table.get(name, []), name) for name in ROWS}
    policy = dataclasses.replace(
        policy,
        measures=each(Measure(), rows["measures"], source, "measures"),
        ladders=each(Ladder(), rows["ladders"], source, "ladders"),
        tiers=tuple(read_tiers(rows["tiers"], source)),
    )
    if not in_force:
        check(policy, source)
    return policy


def quoted(text: str, error: tomllib.TOMLDecodeError) -> str:
    """The line that is no TOML, and how it would be."""
    found = re.search(r"at line (\d+)", str(error))
    if found is None:
        return ""
    line = text.splitlines()[int(found[1]) - 1].strip()
    return f" It says `{line}`; write 80 % as 0.8, a date as 2026-12-31, text in quotes."


def each(
    record: Record, rows: list[Table], source: Source, name: str, *, first: int = 0, under: str = ""
) -> tuple[Record, ...]:
    """Read every row of an array of tables, the first being the file's `first` of that name."""
    under = under or f"{name}."
    for nth, row in enumerate(rows, start=first):
        for missing in (key for key in NEEDED.get(name, ()) if key not in row):
            raise source.fault(f"`{missing}` of {under[:-1]} is missing. Add it.", name, "", nth)
    return tuple(
        filled(record, row, source, name, nth, under) for nth, row in enumerate(rows, start=first)
    )


def read_tiers(rows: list[Table], source: Source) -> Iterator[Tier]:
    """Read the tiers with their ways and benefits."""
    counted = dict.fromkeys(("ways", "benefits"), 0)
    for nth, row in enumerate(rows):
        under = f"tiers.{row.get('name', '?')}."
        inner = {key: source.rows(row.get(key, []), f"tiers.{key}") for key in counted}
        own = {key: value for key, value in row.items() if key not in counted}
        yield dataclasses.replace(
            filled(Tier(), own, source, "tiers", nth, under),
            ways=tuple(
                staying(way)
                for way in each(
                    Way(),
                    inner["ways"],
                    source,
                    "tiers.ways",
                    first=counted["ways"],
                    under=f"{under}ways.",
                )
            ),
            benefits=each(
                Benefit(),
                inner["benefits"],
                source,
                "tiers.benefits",
                first=counted["benefits"],
                under=f"{under}benefits.",
            ),
        )
        counted = {key: count + len(inner[key]) for key, count in counted.items()}


def staying(way: Way) -> Way:
    """Ask as much to stay as to enter where nothing less is written."""
    return dataclasses.replace(way, stay=way.enter | way.stay)
