"""The audit for proxies: tags and circles that give away what was denied to the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.proxies import telltale
from models.rows import BoolArray, Rows
from segmentation.config import FACETS, Facet
from segmentation.context import Context
from segmentation.engine import literal
from segmentation.quality import Finding
from segmentation.tags import is_sensitive

MOST_AUC = 0.75
NAMED = 5
TAGGED = (
    "SELECT user_id, tag FROM events UNION ALL "
    "SELECT user_id, CONCAT('label:', namespace, '=', label) AS tag FROM labels"
)


def proxy_findings(context: Context) -> list[Finding]:
    """Name the kept tags and the circles by which a sensitive tag can be guessed; they block."""
    patterns = context.config.privacy.sensitive_tags
    if not patterns:
        return []
    return [
        finding
        for tag, holders in sensitive_holders(context).items()
        for name in FACETS
        if (finding := judged(tag, name, list(telling(context, name, holders)))) is not None
    ]


def sensitive_holders(context: Context) -> Mapping[str, BoolArray]:
    """Who has each sensitive tag, in the order of people."""
    engine, people = context.engine, pa.array(context.user_ids(), pa.string())
    for table in ("events", "labels"):
        engine.register(table, context.tables / f"{table}.parquet")
    every = (str(row[0]) for row in engine.rows(f"SELECT DISTINCT tag FROM ({TAGGED}) AS tagged"))
    patterns = context.config.privacy.sensitive_tags
    holders = {}
    for tag in sorted(tag for tag in every if is_sensitive(tag, patterns)):
        having = f"SELECT DISTINCT user_id FROM ({TAGGED}) AS tagged WHERE tag = {literal(tag)}"
        ids = engine.execute(having)["user_id"]
        holders[tag] = pc.is_in(people, value_set=ids.combine_chunks()).to_numpy(
            zero_copy_only=False
        )
    return holders


@dataclass(frozen=True)
class Telltale:
    """A tag or a circle that tells who the holders are, and how well."""

    word: str
    auc: float
    is_circle: bool


def telling(context: Context, name: Facet, holders: BoolArray) -> Iterator[Telltale]:
    """What of a facet tells who the holders are."""
    facet, found = context.facet(name), context.circles(name)
    ids = context.work.load(f"identity/{name}.json")["circle_ids"]
    for matrix, words in ((facet.matrix, facet.tags), (found.members, ids)):
        aucs = telltale(Rows.of(matrix), holders)
        for at in np.flatnonzero(aucs > MOST_AUC):
            yield Telltale(words[at], float(aucs[at]), words is ids)


def judged(tag: str, name: Facet, telltales: Sequence[Telltale]) -> Finding | None:
    """Put what gives a sensitive tag away into words."""
    if not telltales:
        return None
    worst = sorted(telltales, key=lambda each: (-each.auc, each.word))[:NAMED]
    named = ", ".join(f"`{each.word}` (AUC {each.auc:.2f})" for each in worst)
    more = len(telltales) - len(worst)
    return Finding(
        name="proxy",
        facet=name,
        blocks=True,
        message=f"The sensitive tag `{tag}` can be guessed from {named}"
        f"{f' and {more} more' if more else ''}. {advice(telltales)}, "
        "or publish by force and say why.",
    )


def advice(telltales: Sequence[Telltale]) -> str:
    """What to do about tags, which can be denied, and about circles, which can be ended."""
    tags = "Add the tags to `sensitive_tags`"
    circles = [each.word for each in telltales if each.is_circle]
    if not circles:
        return tags
    end = f"`coterie circles retire {circles[0]}`"
    if len(circles) == len(telltales):
        return f"Add the tags the circle is about to `sensitive_tags`, or end it ({end})"
    return f"{tags}, and if the circle still tells, end it ({end})"
