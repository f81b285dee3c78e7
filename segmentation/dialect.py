"""The pipeline's SQL, written in DuckDB's, as Spark takes it."""

import sqlglot
from sqlglot import exp

FIELDS = {"ISODOW": "DOW_ISO"}
"""Parts of a time that bear another name."""


def for_spark(sql: str) -> str:
    """Carry a query over, or raise `sqlglot.errors.SqlglotError` where it cannot be."""
    tree = sqlglot.parse_one(sql, read="duckdb").transform(_renamed)
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _renamed(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Extract) and node.name.upper() in FIELDS:
        node.set("this", exp.var(FIELDS[node.name.upper()]))
    return node
