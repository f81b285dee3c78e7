"""Everything the stages saved, gathered into the tables and facts of a snapshot."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from models.crosstab import crosstab
from segmentation.arrays import load_arrays
from segmentation.assembly import (
    circles_table,
    crosstab_table,
    members_table,
    primary_circles,
    users_table,
)
from segmentation.config import FACETS, Facet
from segmentation.context import Context
from segmentation.holdings import Holdings
from segmentation.manifest import Facts
from segmentation.parents import raised
from segmentation.reporting import report_of
from segmentation.tables import SCHEMAS, SnapshotTables

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
