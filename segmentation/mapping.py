"""How a source's own columns become the contract's: by name, or by an expression of the settings.

A text file has no types. An expression over its columns is tried with the types its values show
(a column is a number when every value is one), then with plain text, then with numbers; a value
that such a number cannot be read from makes its row `wrong_type`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from segmentation.engine import Engine, QueryError, identifier, literal
from segmentation.errors import ConfigError, InputError
from segmentation.events import Column, Contract
from segmentation.parts import Part
from segmentation.reading import filled, read
from segmentation.staging import FILE, REASON, ROW, TEXT

WHOLE = "^-?(0|[1-9][0-9]{0,17})$"  # a leading zero marks a code, not a number
DECIMAL = "^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Cell:
    """How one column is made: its SQL, the SQL type of that, and whether there was something."""

    sql: str
    sql_type: str
    given: str
    unread: tuple[str, ...] = ()


@dataclass
class Layers:
    """A relation that grows by one computed column at a time; source columns hide as `__0_name`."""

    sql: str
    computed: int = field(default=0)

    def next_name(self) -> str:
        """Name the next computed column."""
        self.computed += 1
        return f"__c{self.computed}"


def typed(contract: Contract, part: Part, mapping: Mapping[str, str], *, engine: Engine) -> str:
    """Return the query that reads a part as the contract's columns, row by row.

    Beside them stand `__file`, `__row`, `__raw` (the row as text), `__reason` (set when the record
    was torn) and `__unread` (whether a value is not of its column's type).

    Raises
    ------
    InputError, ConfigError
        When a needed column is missing, or an expression of the settings does not run.
    """
    unknown = sorted(mapping.keys() - set(contract.names))
    if unknown:
        raise ConfigError.unknown_key(
            "the settings", f"columns.{contract.table}.{unknown[0]}", contract.names
        )
    require_columns(contract, part, mapping)
    layers = Layers(_hidden(part))
    cells = {
        column.name: _cell(column, part, mapping.get(column.name), layers, engine)
        for column in contract.columns
    }
    columns = ", ".join(
        f"{_filled_in(column, cells[column.name])} AS {column.name}" for column in contract.columns
    )
    unread = " OR ".join(
        condition
        for column in contract.columns
        for condition in _unread(column, cells[column.name])
    )
    return (
        f"SELECT {columns}, {FILE}, {ROW}, {REASON}, COALESCE({TEXT}, {_as_json(part)}) AS __raw, "
        f"COALESCE({unread or 'FALSE'}, FALSE) AS __unread FROM ({layers.sql})"
    )


def require_columns(contract: Contract, part: Part, mapping: Mapping[str, str]) -> None:
    """Say which columns a source lacks, what it has, and how to name them."""
    missing = [name for name in contract.needed if name not in part.types and name not in mapping]
    if missing:
        raise InputError(
            f"{part.files[0]} has no column {_names(missing)}, only {_names(part.types)}. "
            f"Say how to make it from these under [columns.{contract.table}]."
        )


def _hidden(part: Part) -> str:
    columns = [f"{_source(name, part)} AS {_hide(name)}" for name in part.types]
    own = [FILE, ROW, REASON, TEXT, *part.nested.values()]
    return f"SELECT {', '.join([*own, *columns])} FROM {part.rows.name}"


def _source(name: str, part: Part) -> str:
    return filled(identifier(name)) if part.is_text else identifier(name)


def _hide(name: str) -> str:
    return identifier(f"__0_{name}")


def _cell(
    column: Column, part: Part, expression: str | None, layers: Layers, engine: Engine
) -> Cell | None:
    name = column.name if expression is None else expression.strip().strip('"')
    if name in part.types:
        return _direct(column, name, part)
    if expression is None:
        return None
    return _computed(column, expression, part, layers, engine)


def _direct(column: Column, name: str, part: Part) -> Cell:
    sql_type = part.types[name]
    if sql_type.endswith("]") or sql_type.startswith(("STRUCT", "MAP", "UNION")):
        raise InputError(
            f"`{name}` in {part.files[0]} is a {sql_type}, `{column.name}` needs one value a row. "
            "Write a row for each value."
        )
    sql = _hide(name)
    if sql_type == "BLOB":
        return Cell(f"TRY(DECODE({sql}))", "VARCHAR", f"{sql} IS NOT NULL")
    unread = (part.nested[name],) if name in part.nested else ()
    return Cell(sql, sql_type, f"{sql} IS NOT NULL", unread)


def _computed(column: Column, expression: str, part: Part, layers: Layers, engine: Engine) -> Cell:
    """Add a layer in which the expression runs, under the first typing that lets it."""
    used = _used_columns(column, expression, part, engine)
    name, below, failure = layers.next_name(), layers.sql, None
    for typing in _typings(used, part, below, engine):
        shown = [f"{_cast(column, typing)} AS {identifier(column)}" for column in used]
        hidden = f" EXCLUDE ({', '.join(map(identifier, used))})" if used else ""
        layer = (
            f"SELECT *{hidden}, ({expression}) AS {name} "
            f"FROM (SELECT {', '.join(['*', *shown])} FROM ({below}))"
        )
        try:
            engine.rows(f"SELECT COUNT({name}) FROM ({layer})")
        except QueryError as error:
            failure = failure or error
            continue
        layers.sql = layer
        sql_type = str(engine.rows(f"DESCRIBE {layer}")[-1][1])
        given = " OR ".join(f"{_hide(column)} IS NOT NULL" for column in used) or "TRUE"
        unread = [
            f"({_hide(column)} IS NOT NULL AND {_cast(column, typing)} IS NULL)"
            for column in used
            if typing.get(column, "VARCHAR") != "VARCHAR"
        ]
        return Cell(name, sql_type, f"({given})", tuple(unread))
    raise ConfigError(
        f"`{expression}` for column `{column.name}` does not run on {part.files[0]}: {failure} "
        "Mend it under [columns]; TRY_CAST(x AS DOUBLE) reads text as a number."
    )


def _used_columns(column: Column, expression: str, part: Part, engine: Engine) -> list[str]:
    """Return the source columns an expression names."""
    tree = json.loads(
        engine.rows(
            f"SELECT CAST(json_serialize_sql({literal(f'SELECT {expression}')}) AS VARCHAR)"
        )[0][0]
    )
    if tree["error"]:
        raise ConfigError(
            f"`{expression}` for column `{column.name}` is not an SQL expression: "
            f"{tree.get('error_message')}. Mend it under [columns]."
        )
    known = {name.lower(): name for name in part.types}
    names = sorted({name for name in _references(tree)})
    missing = [name for name in names if name.lower() not in known]
    if missing:
        raise InputError(
            f"{part.files[0]} has no column {_names(missing)}, which `{expression}` for "
            f"`{column.name}` uses, only {_names(part.types)}. Mend it under [columns]."
        )
    return sorted({known[name.lower()] for name in names})


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield node["column_names"][-1]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _references(child)


def _typings(used: list[str], part: Part, below: str, engine: Engine) -> Iterator[dict[str, str]]:
    if not part.is_text or not used:
        yield {}
        return
    yield _shown_types(used, below, engine)
    yield {}
    yield dict.fromkeys(used, "DOUBLE")


def _shown_types(used: list[str], below: str, engine: Engine) -> dict[str, str]:
    """Type each text column by what all its values are."""
    tests = {
        "BIGINT": f"REGEXP_MATCHES(?, '{WHOLE}')",
        "DOUBLE": f"REGEXP_MATCHES(?, '{DECIMAL}')",
        "TIMESTAMP": "TRY_CAST(? AS TIMESTAMP) IS NOT NULL",
    }
    checks = [
        f"COALESCE(BOOL_AND({test.replace('?', _hide(column), 1)}), FALSE)"
        for column in used
        for test in tests.values()
    ]
    answers = iter(engine.rows(f"SELECT {', '.join(checks)} FROM ({below})")[0])
    shown = {}
    for column in used:
        holds = [sql_type for sql_type in tests if next(answers)]
        shown[column] = holds[0] if holds else "VARCHAR"
    return shown


def _cast(name: str, typing: Mapping[str, str]) -> str:
    sql_type = typing.get(name, "VARCHAR")
    return _hide(name) if sql_type == "VARCHAR" else f"TRY_CAST({_hide(name)} AS {sql_type})"


def _filled_in(column: Column, cell: Cell | None) -> str:
    if cell is None:
        return f"CAST({column.default} AS {column.sql_type})"
    value = read(column, cell.sql, cell.sql_type)
    return value if column.default == "NULL" else f"COALESCE({value}, {column.default})"


def _unread(column: Column, cell: Cell | None) -> Iterator[str]:
    if cell is None:
        return
    yield from cell.unread
    if column.kind not in ("id", "text"):
        yield f"({cell.given} AND {read(column, cell.sql, cell.sql_type)} IS NULL)"


def _as_json(part: Part) -> str:
    fields = ", ".join(f"{literal(name)}: {_hide(name)}" for name in part.types)
    return f"CAST(TO_JSON({{{fields}}}) AS VARCHAR)"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
