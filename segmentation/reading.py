"""A source's value as a column of the contract: SQL expressions that fail by giving nothing."""

from segmentation.events import Column

BLANKS = "' \t\r\n'"
WHOLE_NUMBER = 1e15  # doubles below it name their integers exactly


def filled(expression: str) -> str:
    """Take text that is only blanks as nothing."""
    # Only what sorts before '!' can begin with a blank: few rows pay for the trim.
    is_blank = f"{expression} < '!' AND TRIM({expression}, {BLANKS}) = ''"
    return f"CASE WHEN {is_blank} THEN NULL ELSE {expression} END"


def text(expression: str, sql_type: str) -> str:
    """Read a value as text; a whole number keeps no `.0`, NaN and infinity are nothing."""
    if sql_type == "VARCHAR":
        return filled(expression)
    # The engine may try a cast on rows of the other branches too, where it must not fail.
    if sql_type in ("FLOAT", "DOUBLE") or sql_type.startswith("DECIMAL"):
        return (
            f"CASE WHEN NOT ISFINITE({expression}) THEN NULL "
            f"WHEN {expression} = FLOOR({expression}) AND ABS({expression}) < {WHOLE_NUMBER:.0f} "
            f"THEN CAST(TRY_CAST({expression} AS BIGINT) AS VARCHAR) "
            f"ELSE CAST({expression} AS VARCHAR) END"
        )
    return f"CAST({expression} AS VARCHAR)"


def identifier_text(expression: str, sql_type: str) -> str:
    """Read an id as text; `17850.0`, which spreadsheets make of 17850, is `17850`."""
    value = text(expression, sql_type)
    if sql_type != "VARCHAR":
        return value
    whole = f"REGEXP_REPLACE({expression}, '^(-?[0-9]+)[.]0$', '\\1')"
    return f"CASE WHEN {expression} LIKE '%.0' THEN {whole} ELSE {value} END"


def time(expression: str, sql_type: str) -> str:
    """Read a time as UTC; one without a zone is UTC already, a bare number is no time."""
    if sql_type == "VARCHAR":
        zoned = f"TRY_CAST(TRIM({expression}, {BLANKS}) AS TIMESTAMP WITH TIME ZONE)"
        return f"CAST({zoned} AS TIMESTAMP)"
    if sql_type == "DATE" or sql_type.startswith("TIMESTAMP"):
        return f"CAST({expression} AS TIMESTAMP)"
    return "CAST(NULL AS TIMESTAMP)"


def number(expression: str, sql_type: str) -> str:
    """Read a number; none is a negative zero, which would sort as if it were zero."""
    value = f"TRY_CAST({expression} AS DOUBLE)"
    return f"CASE WHEN {value} = 0 THEN CAST(0 AS DOUBLE) ELSE {value} END"


def flag(expression: str, sql_type: str) -> str:
    """Read 0 or 1, however it is written; anything else is nothing."""
    word = f"LOWER(TRIM(CAST({expression} AS VARCHAR), {BLANKS}))"
    return (
        f"CAST(CASE WHEN {word} IN ('1', '1.0', 'true', 't', 'yes', 'y') THEN 1 "
        f"WHEN {word} IN ('0', '0.0', 'false', 'f', 'no', 'n') THEN 0 END AS TINYINT)"
    )


def truth(expression: str, sql_type: str) -> str:
    """Read a yes or no, however it is written."""
    return f"CAST({flag(expression, sql_type)} AS BOOLEAN)"


READ = {
    "id": identifier_text,
    "text": text,
    "time": time,
    "number": number,
    "flag": flag,
    "truth": truth,
}


def read(column: Column, expression: str, sql_type: str) -> str:
    """Read an expression of a source as a column of the contract."""
    return READ[column.kind](expression, sql_type)
