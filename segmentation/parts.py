"""The files of one table as relations: those that share their columns are read as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.engine import Engine, identifier, literal
from segmentation.errors import InputError
from segmentation.slices import Rows
from segmentation.sources import Source
from segmentation.staging import FILE, REASON, ROW, TEXT, stage_csv, stage_ndjson, stage_table

BEGINNING = 20
ALL = "* EXCLUDE (__path, file_row_number)"


@dataclass(frozen=True)
class Part:
    """Files that share their columns, as one table.

    `types` gives the DuckDB type of each source column. The rows also have `__file`, `__row`
    (from 1; a line number for text), and for a torn record `__reason` and its `__text`. `nested`
    names, for a column whose text may stand for a list or an object, the column that says so.
    """

    rows: Rows
    types: dict[str, str]
    files: tuple[str, ...]
    is_text: bool
    nested: Mapping[str, str] = field(default_factory=dict)


def read_parts(sources: Sequence[Source], *, scratch: Path, engine: Engine) -> list[Part]:
    """Open every file of a table; text files are set down under `scratch` first.

    The rows of each part are a table of the engine.

    Raises
    ------
    InputError
        When a file is not what its name says.
    """
    kinds = {kind: [source for source in sources if source.kind == kind] for kind in READERS}
    parts = [
        part
        for kind, reader in READERS.items()
        if kinds[kind]
        for part in reader(kinds[kind], scratch, engine)
    ]
    for part in parts:
        engine.rows(part.rows.view())
    return parts


def count_rows(part: Part, *, engine: Engine) -> dict[str, int]:
    """Count the rows of each file before any of them is judged."""
    counted = dict.fromkeys(part.files, 0)
    counted.update(engine.rows(f"SELECT {FILE}, COUNT(*) FROM {part.rows.name} GROUP BY ALL"))
    return counted


def _csv_parts(sources: Sequence[Source], scratch: Path, engine: Engine) -> list[Part]:
    staged = stage_csv(sources, scratch)
    return [
        Part(
            Rows(f"csv_{number}", ALL, (str(file.path.absolute()),)),
            dict.fromkeys(file.columns, "VARCHAR"),
            tuple(source.name for source in file.sources),
            is_text=True,
        )
        for number, file in enumerate(staged)
    ]


def _table_parts(sources: Sequence[Source], scratch: Path, engine: Engine) -> list[Part]:
    parts = []
    for number, source in enumerate(sources):
        path = scratch / f"table-{number}.parquet"
        names = stage_table(source, path)
        rows = Rows(f"table_{number}", ALL, (str(path.absolute()),))
        parts.append(Part(rows, dict.fromkeys(names, "VARCHAR"), (source.name,), is_text=True))
    return parts


def _ndjson_parts(sources: Sequence[Source], scratch: Path, engine: Engine) -> list[Part]:
    stage_ndjson(sources, scratch / "lines.parquet")
    # A line that is no JSON object has no columns; it is judged by its `__reason` alone.
    lines = (
        f"SELECT *, CASE WHEN JSON_TYPE(TRY_CAST({TEXT} AS JSON)) = 'OBJECT' "
        f"THEN {TEXT} END AS __json FROM read_parquet({literal(str(scratch / 'lines.parquet'))})"
    )
    keys = engine.rows(
        f"SELECT DISTINCT UNNEST(JSON_KEYS(__json)) AS name FROM ({lines}) ORDER BY name"
    )
    names = [str(name) for (name,) in keys]
    if not names:
        _require_no_line(lines, engine)
        return []
    engine.write(_objects(lines, names), scratch / "objects.parquet")
    return [
        Part(
            Rows("ndjson", ALL, (str((scratch / "objects.parquet").absolute()),)),
            dict.fromkeys(names, "VARCHAR"),
            tuple(source.name for source in sources),
            is_text=True,
            nested={name: f"__nested_{place}" for place, name in enumerate(names, 1)},
        )
    ]


def _require_no_line(lines: str, engine: Engine) -> None:
    """Without a single object there may be no line either: an empty file holds no rows."""
    first = engine.rows(f"SELECT {FILE}, {ROW}, {TEXT} FROM ({lines}) ORDER BY ALL LIMIT 1")
    for name, row, text in first:
        raise InputError(
            f"{name} is not NDJSON: no line is a JSON object, line {row} begins with "
            f"{text[:BEGINNING]!r}. Write an object a line, or name the file by what it is."
        )


def _objects(lines: str, names: Sequence[str]) -> str:
    """Take each object's values apart, parsing its line once."""
    pointers = ", ".join(map(_pointer, names))
    values = f"JSON_EXTRACT_STRING(__json, [{pointers}])" if names else "NULL"
    columns = [f"__values[{place}] AS {identifier(name)}" for place, name in enumerate(names, 1)]
    # Only a text that looks like one is looked at again.
    columns += [
        f"CASE WHEN __values[{place}] LIKE '[%' OR __values[{place}] LIKE '{{%' "
        f"THEN JSON_TYPE(__json, {_pointer(name)}) IN ('ARRAY', 'OBJECT') ELSE FALSE END "
        f"AS __nested_{place}"
        for place, name in enumerate(names, 1)
    ]
    torn = f"COALESCE({REASON}, CASE WHEN __json IS NULL THEN 'malformed' END) AS {REASON}"
    selected = ", ".join([FILE, ROW, torn, TEXT, *columns])
    return f"SELECT {selected} FROM (SELECT *, {values} AS __values FROM ({lines}))"


def _parquet_parts(sources: Sequence[Source], scratch: Path, engine: Engine) -> list[Part]:
    alike: dict[str, list[Source]] = {}
    for source in sources:
        alike.setdefault(str(_schema(source).remove_metadata()), []).append(source)
    return [_parquet_part(number, group, engine) for number, group in enumerate(alike.values())]


def _parquet_part(number: int, sources: Sequence[Source], engine: Engine) -> Part:
    paths = tuple(str(source.path.absolute()) for source in sources)
    described = engine.rows(f"DESCRIBE {Rows('', ALL, paths).sql()}")
    types = {str(column[0]): str(column[1]) for column in described}
    names = ", ".join(
        f"{literal(path)}: {literal(source.name)}"
        for path, source in zip(paths, sources, strict=True)
    )
    select = (
        f"MAP {{{names}}}[__path] AS {FILE}, file_row_number + 1 AS {ROW}, "
        f"CAST(NULL AS VARCHAR) AS {REASON}, CAST(NULL AS VARCHAR) AS {TEXT}, "
        f"{', '.join(map(identifier, types))}"
    )
    rows = Rows(f"parquet_{number}", select, paths)
    return Part(rows, types, tuple(source.name for source in sources), is_text=False)


def _schema(source: Source) -> pa.Schema:
    try:
        return pq.read_schema(source.path)
    except (pa.ArrowException, OSError) as error:
        with source.path.open("rb") as file:
            begins = file.read(12)
        raise InputError(
            f"{source.path} is not Parquet: it begins with {begins!r}. "
            "Write it again, or name it by what it is."
        ) from error


def _pointer(key: str) -> str:
    return literal("/" + key.replace("~", "~0").replace("/", "~1"))


READERS = {
    "parquet": _parquet_parts,
    "csv": _csv_parts,
    "ndjson": _ndjson_parts,
    "table": _table_parts,
}
