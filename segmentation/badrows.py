"""How many bad rows are too many: one sentence that counts them, shows some and says what to do."""

from collections.abc import Mapping, Sequence

from segmentation.errors import InputError
from segmentation.events import REASONS

ADVICE = {"future": "name a later `--as-of`, "}


def require_mostly_good(
    table: str,
    rows_in: int,
    reasons: Mapping[str, int],
    *,
    limit: float,
    examples: Sequence[tuple[str, int, str]] = (),
) -> None:
    """Stop when more than a share of a table's rows are bad.

    Raises
    ------
    InputError
        With the bad rows counted by reason, and those given as examples.
    """
    bad = sum(reasons.values())
    if bad <= limit * rows_in:
        return
    counts = ", ".join(f"{count} {reason} ({REASONS[reason]})" for reason, count in reasons.items())
    shown = "; ".join(f"{source} row {row} {reason}" for source, row, reason in examples)
    advice = "".join(words for reason, words in ADVICE.items() if reason in reasons)
    raise InputError(
        f"{bad} of {rows_in} rows of the {table} are bad, over `max_bad_share` {limit}: {counts}. "
        f"{f'For example {shown}. ' if shown else ''}"
        f"Mend the files, {advice}or raise `max_bad_share` under [input]."
    )
