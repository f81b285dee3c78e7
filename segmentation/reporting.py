"""What a run says of itself: inputs, facets, quality, drift, findings."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segmentation.arrays import load_arrays
from segmentation.config import FACETS, Facet
from segmentation.context import Context
from segmentation.drifting import Drift, State, drift_between, held_by
from segmentation.proxies import proxy_findings
from segmentation.quality import FacetQuality, Finding, inspect


def report_of(context: Context) -> dict[str, Any]:
    """What the run says of itself: inputs, facets, sharing, rights, findings, timings."""
    load = context.work.load
    qualities = [quality_of(context, name) for name in FACETS]
    drifts = [drift for name in FACETS if (drift := drift_since(context, name)) is not None]
    findings = [
        *inspect(qualities, context.config.gates),
        *unheeded(context),
        *fewer_kept(context),
        *(finding for drift in drifts for finding in drift.findings()),
    ]
    ingest = load("ingest.json")
    return {
        "people": ingest["users"],
        "as_of": ingest["as_of"],
        "ingest": input_facts(ingest),
        "channels": ingest["channels"],
        "facets": {name: facet_facts(context, name) for name in FACETS},
        "sharing": load("sharing.json"),
        "customers": load("customers.json"),
        "rights": load("rights.json"),
        "carrying": load("carrying.json"),
        "findings": [finding.to_dict() for finding in [*findings, *proxy_findings(context)]],
        "degenerate": any(finding.name == "degenerate" for finding in findings),
        "drift": {drift.facet: drift.to_dict() for drift in drifts},
        "stages": context.work.records(),
    }


def input_facts(ingest: Mapping[str, Any]) -> dict[str, Any]:
    """How many rows were read, how many of them are bad, and that table by table."""
    tables = ingest["tables"].values()
    return {
        "rows_in": sum(table["rows_in"] for table in tables),
        "rows_bad": sum(table["bad"] for table in tables),
        "tables": ingest["tables"],
    }


def unheeded(context: Context) -> list[Finding]:
    """What was asked of circles and could not be done."""
    return [
        Finding(name="guide_conflict", facet=name, blocks=False, message=conflict)
        for name in FACETS
        for conflict in context.circles(name).conflicts
    ]


def fewer_kept(context: Context) -> list[Finding]:
    """Where fewer circles stay than were found, because those are firmer."""
    return [
        Finding(
            name="fewer_circles",
            facet=quality.facet,
            blocks=False,
            message=f"Of {found} {quality.facet} circles found most people were in weak ones: "
            f"{quality.circles} firmer ones stay. `coterie circles curve` shows other numbers.",
        )
        for quality in (quality_of(context, name) for name in FACETS)
        if (found := settled(context, quality.facet)["found"]) > quality.circles > 0
    ]


def settled(context: Context, facet: str) -> dict[str, Any]:
    """How the circles of a facet came to stay."""
    facts: dict[str, Any] = context.work.load(f"stability/{facet}.json")
    return facts


def drift_since(context: Context, name: Facet) -> Drift | None:
    """What shifted in a facet since the run before; None without one."""
    if context.previous is None:
        return None
    before = State.of(context.store, context.previous, name)
    matrix, found = context.evidence(name), context.circles(name)
    now = State(
        people=matrix.matrix.shape[0],
        tags=matrix.tags,
        holders=held_by(matrix.matrix.indices, len(matrix.tags)),
        circle_ids=context.work.load(f"identity/{name}.json")["circle_ids"],
        sizes=held_by(found.members.indices, found.model.n_circles),
        signatures=found.model.signatures.to_csr(),
    )
    return None if before is None else drift_between(before, now, facet=name)


def facet_facts(context: Context, name: Facet) -> dict[str, Any]:
    """What a facet holds: tags kept and left out, circles, who is in none and why."""
    matrix, found = context.facet(name), context.circles(name)
    words, counts = np.unique(found.reasons[found.reasons != ""], return_counts=True)
    why, how_many = np.unique([tag.reason for tag in matrix.dropped], return_counts=True)
    quality = quality_of(context, name)
    return {
        "tags": len(matrix.tags),
        "tags_left_out": dict(zip(why.tolist(), how_many.tolist(), strict=True)),
        "circles": quality.circles,
        "found": settled(context, name)["found"],
        "coverage": quality.coverage,
        "largest_share": quality.largest_share,
        "silhouette": settled(context, name)["silhouette"],
        "stability": quality.firmness,
        "curve": settled(context, name)["curve"],
        "reasons": dict(zip(words.tolist(), counts.tolist(), strict=True)),
    }


def quality_of(context: Context, name: Facet) -> FacetQuality:
    """The figures the publish gate judges a facet by."""
    found = context.circles(name)
    placed = found.labels[found.labels >= 0]
    placeable = int(np.count_nonzero(context.evidence(name).reasons == ""))
    sizes = np.bincount(placed, minlength=found.model.n_circles)
    stability = load_arrays(context.work.folder / f"stability/{name}.npz")["mean"]
    count = context.config.circles.count if name == "interest" else "auto"
    return FacetQuality(
        facet=name,
        circles=found.model.n_circles,
        placeable=placeable,
        largest_share=float(sizes.max(initial=0) / max(placeable, 1)),
        coverage=len(placed) / max(len(found.labels), 1),
        stability=tuple(stability.tolist()),
        sizes=tuple(sizes.tolist()),
        asked=None if count == "auto" else count,
        fell=settled(context, name).get("fell"),
    )
