"""Everything the stages saved, gathered into the tables and facts of a snapshot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from models.crosstab import crosstab
from models.rows import Rows
from segmentation import queries
from segmentation.arrays import load_arrays, save_arrays
from segmentation.assembly import (
    circles_table,
    crosstab_table,
    members_table,
    primary_circles,
    users_table,
)
from segmentation.config import FACETS, Facet, FacetConfig
from segmentation.context import Context
from segmentation.drifting import Drift, State, drift_between, held_by
from segmentation.durable import link
from segmentation.holdings import Holdings
from segmentation.manifest import Facts, write_json
from segmentation.parents import raised
from segmentation.placing import READING, People
from segmentation.proxies import proxy_findings
from segmentation.quality import FacetQuality, Finding, inspect
from segmentation.tables import SCHEMAS, SnapshotTables
from segmentation.tagsources import ROLES

LEVELS = ("identity", "parents")
"""Where a run keeps who its circles are, and who the ones above them."""


def gather(context: Context) -> SnapshotTables:
    """Lay out all tables of the run."""
    user_ids = pa.array(context.user_ids(), pa.string())
    tiers, lifecycle = context.table("tiers"), context.table("lifecycle")
    found = {name: context.circles(name) for name in FACETS}
    identities = {name: context.work.load(f"identity/{name}.json") for name in FACETS}
    sharing = load_arrays(context.work.folder / "sharing.npz")
    return SnapshotTables(
        members=pa.concat_tables(
            members_table(
                found[name].members,
                user_ids=user_ids,
                circle_ids=identities[name]["circle_ids"],
                facet=name,
            )
            for name in FACETS
        ),
        users=users_table(
            user_ids,
            sharing=sharing,
            customers=load_arrays(context.work.folder / "customers.npz"),
            tiers=tiers,
            lifecycle=lifecycle,
            primary={
                name: primary_circles(found[name].labels, identities[name]["circle_ids"])
                for name in FACETS
            },
            reasons={name: found[name].reasons for name in FACETS},
        ),
        circles=pa.concat_tables(circles_of(context, name) for name in FACETS),
        lineage=pa.Table.from_pylist(
            [row for name in FACETS for row in lineage_of(context, name)],
            schema=SCHEMAS["lineage"],
        ),
        crosstab=crosstab_of(context),
        tiers=tiers,
        tier_changes=context.table("tier-changes"),
        quarantine=pq.read_table(context.tables / "quarantine.parquet"),
        lifecycle=lifecycle,
        ambassadors=context.table("ambassadors"),
        creators=context.table("creators"),
        referrals=context.table("referrals"),
        flywheel=context.work.load("flywheel.json"),
        policy=context.policy().to_dict(),
        report=report_of(context),
        tags=Holdings.of_matrices(tags_of(context, name) for name in FACETS),
        refusals=refusals_of(user_ids, pq.read_table(context.tables / "consent.parquet")),
    )


def circles_of(context: Context, name: Facet) -> pa.Table:
    """The circles of a facet and, after them, their parents; of those no stability is measured."""
    found = context.circles(name)
    identity, above = (context.work.load(f"{level}/{name}.json") for level in LEVELS)
    parent = np.array(above["of"], dtype=np.int64)
    unmeasured = dict.fromkeys(("mean", "low", "high"), np.full(len(above["circle_ids"]), np.nan))
    sharing = load_arrays(context.work.folder / "sharing.npz")
    is_known = context.work.load("sharing.json")["basis"] != "none"
    propensity = np.where(is_known, sharing["propensity"], np.nan)
    return pa.concat_tables(
        [
            circles_table(
                found.members,
                identity=identity,
                facet=name,
                stability=load_arrays(context.work.folder / f"stability/{name}.npz"),
                propensity=propensity,
                parent_ids=[above["circle_ids"][each] if each >= 0 else None for each in parent],
            ),
            circles_table(
                raised(found, parent).members,
                identity=above,
                facet=name,
                stability=unmeasured,
                propensity=propensity,
            ),
        ]
    )


def lineage_of(context: Context, name: Facet) -> list[dict[str, Any]]:
    """What became of the circles of a facet and of their parents."""
    return [row for level in LEVELS for row in context.work.load(f"{level}/{name}.json")["lineage"]]


def crosstab_of(context: Context) -> pa.Table:
    """Which lifestyles the people of each interest circle have, by primary circles."""
    interest, lifestyle = (context.circles(name) for name in FACETS)
    ids = [context.work.load(f"identity/{name}.json")["circle_ids"] for name in FACETS]
    crossed = crosstab(
        interest.labels,
        lifestyle.labels,
        n_first=interest.model.n_circles,
        n_second=lifestyle.model.n_circles,
    )
    return crosstab_table(crossed, interest=ids[0], lifestyle=ids[1])


def tags_of(context: Context, name: Facet) -> tuple[sparse.csr_array, list[str]]:
    """Who has which tag in a facet, and what the tags are called."""
    facet = context.facet(name)
    return facet.matrix, facet.tags


def refusals_of(user_ids: pa.Array, consent: pa.Table) -> Holdings:
    """Who refuses which purpose; who both grants and refuses one refuses it."""
    refused = consent.filter(pc.invert(consent["granted"]))
    rows = pc.index_in(refused["user_id"], value_set=user_ids)
    known = refused.append_column("place", rows).filter(pc.is_valid(rows))
    return Holdings.of_sets(
        {
            purpose: np.unique(known.filter(pc.equal(known["purpose"], purpose))["place"])
            for purpose in pc.unique(known["purpose"]).to_pylist()
        }
    )


def report_of(context: Context) -> dict[str, Any]:
    """What the run says of itself: inputs, facets, sharing, rights, findings, timings."""
    load = context.work.load
    qualities = [quality_of(context, name) for name in FACETS]
    drifts = [drift for name in FACETS if (drift := drift_since(context, name)) is not None]
    findings = [
        *inspect(qualities, context.config.gates),
        *unheeded(context),
        *(finding for drift in drifts for finding in drift.findings()),
    ]
    ingest = load("ingest.json")
    return {
        "people": ingest["users"],
        "as_of": ingest["as_of"],
        "ingest": input_facts(ingest),
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
        "coverage": quality.coverage,
        "largest_share": quality.largest_share,
        "silhouette": context.work.load(f"stability/{name}.json")["silhouette"],
        "stability": quality.firmness,
        "reasons": dict(zip(words.tolist(), counts.tolist(), strict=True)),
    }


def quality_of(context: Context, name: Facet) -> FacetQuality:
    """The figures the publish gate judges a facet by."""
    found = context.circles(name)
    placed = found.labels[found.labels >= 0]
    placeable = int(np.count_nonzero(context.evidence(name).reasons == ""))
    sizes = np.bincount(placed, minlength=found.model.n_circles)
    stability = load_arrays(context.work.folder / f"stability/{name}.npz")["mean"]
    return FacetQuality(
        facet=name,
        circles=found.model.n_circles,
        placeable=placeable,
        largest_share=float(sizes.max(initial=0) / max(placeable, 1)),
        coverage=len(placed) / max(len(found.labels), 1),
        stability=tuple(stability.tolist()),
        sizes=tuple(sizes.tolist()),
    )


def keep_models(context: Context, folder: Path) -> None:
    """Put each facet's model beside its words, everyone's tags, and how events are read."""
    folder.mkdir()
    for name in FACETS:
        identity = context.work.load(f"identity/{name}.json")
        words = {"tag_names": context.facet(name).tags} | {
            key: identity[key] for key in ("circle_ids", "own_names")
        }
        arrays = {key: np.array(value, dtype=np.str_) for key, value in words.items()}
        save_arrays(folder / f"{name}.npz", context.circles(name).model.to_arrays() | arrays)
        people_of(context, name).save(folder, name)
    reading = {
        "max_circles": context.config.circles.max_circles,
        "tastes": {name: tastes_of(context, name) for name in FACETS},
        "ties": {name: getattr(context.config.facets, name).ties for name in FACETS},
        "money": list(context.config.channels.money),
    }
    write_json(folder / READING, reading)


def people_of(context: Context, name: Facet) -> People:
    """Everyone's tags in a facet, those ties lend among them."""
    own, matrix = context.facet(name).matrix, context.evidence(name).matrix
    starts, tags = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    if matrix.nnz == own.nnz:
        return People(starts, tags, matrix.data)
    return People(starts, tags, matrix.data, is_lent=~is_among(Rows.of(matrix), Rows.of(own)))


def is_among(rows: Rows, others: Rows) -> npt.NDArray[np.bool_]:
    """Whether each entry of rows is one of the other rows' as well."""
    places, known = (each.owners * each.n_columns + each.columns for each in (rows, others))
    return np.isin(places, known, assume_unique=True)


def keep_sums(context: Context, folder: Path) -> None:
    """Put the sums of everyone's tastes beside the models, for later events to be added to."""
    folder.mkdir()
    for path in sorted((context.work.folder / "sums").glob("*")):
        link(path, folder / path.name)


def tastes_of(context: Context, name: Facet) -> dict[str, Any] | None:
    """How a facet reads events, for those sent in a call; None when it reads habits alone."""
    settings: FacetConfig = getattr(context.config.facets, name)
    roles = [source for source in settings.sources if source in ROLES]
    if not roles:
        return None
    without = "interest" in roles
    every = context.config.channels.roles().items()
    context.engine.register("events", context.tables / "events.parquet")
    return {
        "channels": sorted(channel for channel, role in every if (role in roles) != without),
        "are_left_out": without,
        "typical": dict(context.engine.rows(queries.typical_values())),
        "half_life_days": settings.half_life_days,
        "clip": settings.clip,
    }


def facts_of(context: Context) -> Facts:
    """Where the snapshot came from."""
    request, ingest = context.work.request(), context.work.load("ingest.json")
    return Facts(
        run_id=context.work.run_id,
        created=context.asked_at,
        as_of=context.as_of,
        previous=context.previous,
        config_hash=request["fingerprint"],
        policy_version=context.policy().version,
        min_audience=context.config.privacy.min_audience,
        inputs={source["path"]: source["sha256"] for source in ingest["sources"]},
        next_circle_numbers={
            name: context.work.load(f"parents/{name}.json")["next_number"] for name in FACETS
        },
        sent_through=context.sent_through,
    )
