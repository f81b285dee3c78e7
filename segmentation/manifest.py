"""What a snapshot says of itself: where it came from, and the checksum of each of its files."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from segmentation.durable import replacing
from segmentation.errors import StoreDamaged, StoreError, StoreOutdated

MANIFEST = "manifest.json"
SCHEMA_VERSION = 2

JsonObject = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Where a snapshot came from.

    `as_of` is None when the source has no time. `inputs` maps each input to its fingerprint,
    `next_circle_numbers` each facet to the number its next new circle will bear. `sent_through` is
    the number of the last event sent over HTTP that is in it.
    """

    run_id: str
    created: datetime
    as_of: datetime | None = None
    previous: str | None = None
    config_hash: str = ""
    policy_version: str = ""
    min_audience: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)
    next_circle_numbers: Mapping[str, int] = field(default_factory=dict)
    sent_through: int = 0


def read_manifest(folder: Path) -> JsonObject:
    """Read a snapshot's manifest.

    Raises
    ------
    StoreDamaged
        When there is none, or it cannot be read.
    StoreError
        When a newer version of Coterie wrote it.
    """
    try:
        manifest: JsonObject = orjson.loads((folder / MANIFEST).read_bytes())
        version = int(manifest["schema_version"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(
            f"`{folder / MANIFEST}` cannot be read. Publish another run, or make this one again."
        ) from error
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"`{folder}` has schema version {version}; this Coterie reads up to {SCHEMA_VERSION}. "
            "Upgrade Coterie, or roll back to an older run."
        )
    return manifest


def write_manifest(folder: Path, facts: Facts, *, rows: Mapping[str, int]) -> JsonObject:
    """Write a snapshot's manifest, the last of its files: the others are measured here."""
    manifest = {
        "schema_version": SCHEMA_VERSION,
        **asdict(facts),
        "created": iso(facts.created),
        "as_of": iso(facts.as_of) if facts.as_of else None,
        "rows": dict(rows),
        "files": {name: measure(folder / name) for name in snapshot_files(folder)},
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def verify_files(folder: Path, manifest: JsonObject) -> None:
    """Compare every file of a snapshot with its checksum.

    Raises
    ------
    StoreDamaged
        Names the first file that is missing, changed or not the snapshot's own.
    """
    stated: dict[str, JsonObject] = manifest["files"]
    for name, facts in stated.items():
        if not (folder / name).is_file():
            raise StoreDamaged(f"`{folder / name}` is missing. Make this run again.")
        if measure(folder / name) != facts:
            raise StoreDamaged(
                f"`{folder / name}` is not what the manifest says. Make this run again."
            )
    for name in snapshot_files(folder):
        if name not in stated:
            raise StoreDamaged(f"`{folder / name}` is not in the manifest. Remove it.")


def verify_sizes(folder: Path, manifest: JsonObject) -> None:
    """Look that every file is there in full, without reading it: fit for a quick roll-back."""
    for name, facts in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != facts["bytes"]:
            raise StoreDamaged(f"`{path}` is missing or cut short. Make this run again.")


def missing(folder: Path, path: Path) -> StoreDamaged:
    """Say why a file of a snapshot is not there: lost, or unknown to the version that made it."""
    name = path.relative_to(folder).as_posix()
    if name in read_manifest(folder)["files"]:
        return StoreDamaged(f"`{path}` is missing. Roll back, or make this run again.")
    return StoreOutdated(
        f"`{folder}` was made by an earlier version of Coterie, without `{name}`, which answers "
        "are read from now. `coterie run` on the same inputs makes a new run that goes on from it."
    )


def snapshot_files(folder: Path) -> Iterator[str]:
    """The names of all files of a snapshot but its manifest, sorted."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    return (name for name in names if name != MANIFEST)


def measure(path: Path) -> JsonObject:
    """The checksum and size of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"sha256": digest.hexdigest(), "bytes": file.tell()}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object with sorted keys, so that equal values are equal bytes; NaN is null."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    with replacing(path) as beside:
        beside.write_bytes(orjson.dumps(value, option=options | orjson.OPT_SERIALIZE_NUMPY))


def read_json(path: Path) -> JsonObject:
    """Read a JSON object of a snapshot."""
    document: JsonObject = orjson.loads(path.read_bytes())
    return document


def iso(moment: datetime) -> str:
    """Write a moment in UTC, such as `2026-11-01T02:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
