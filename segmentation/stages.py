"""The table of contents of a run: each stage loads what earlier ones saved, calls a room, saves."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.agreement import settle_consent
from segmentation.arrays import load_arrays, save_arrays
from segmentation.assembly import primary_circles
from segmentation.carrying import measure_carrying
from segmentation.config import FACETS, Facet
from segmentation.context import Context
from segmentation.course import channels_named, known_channels, rules_of
from segmentation.customers import customer_statistics
from segmentation.decisions import POLICY
from segmentation.durable import link_folder, replace_text
from segmentation.earnings import earnings
from segmentation.gathering import LEVELS, facts_of, gather
from segmentation.groups import Group, groups_by, groups_of
from segmentation.identifying import fit_circles, keep_identity, settle_circles, weigh_tags
from segmentation.ingest import ingest
from segmentation.invitations import read_invitations
from segmentation.keeping import keep_models, keep_sums
from segmentation.lifecycle import lifecycle_stages
from segmentation.loop import Grouping, flywheel_report
from segmentation.merits import People
from segmentation.notices import write_lines
from segmentation.parents import raised
from segmentation.policy import Policy
from segmentation.policyfile import read_text
from segmentation.policyfit import check_budget, check_channels
from segmentation.progress import Advance
from segmentation.resonance import FOLDER as SHARELOG
from segmentation.resonating import keep_resonance
from segmentation.rights import assign_rights
from segmentation.selfimage import CURRENCY, LEVER_TABLE, SELVES
from segmentation.selves import levers_table, selves_table, told_of
from segmentation.sharing import Sharing, score_sharing
from segmentation.snapshot import write_snapshot
from segmentation.tomlfile import Source
from segmentation.trend import with_trend


@dataclass(frozen=True)
class Stage:
    """One step of a run: its name, its title for people, and its work, which returns its rows."""

    name: str
    title: str
    work: Callable[[Context, Advance], int]


def read_inputs(context: Context, advance: Advance) -> int:
    """Files -> valid tables and quarantine."""
    rules_of(context.config)  # what cannot be is refused before the long work
    waiting = context.policy_of_file()
    context.tables.mkdir(parents=True, exist_ok=True)
    asked = context.work.request()["as_of"]
    report = ingest(
        context.config_with_sent(),
        base=context.base,
        out=context.tables,
        engine=context.bulk,
        as_of=datetime.fromisoformat(asked) if asked else None,
        now=context.asked_at,
        progress=advance,
    )
    settle_consent(context.bulk, context.tables, context.work.folder)
    channels = known_channels(context.engine, context.config, context.tables)
    channels_named(context.engine, context.config, ())  # a word nobody knows is refused now
    context.work.save("ingest.json", report.to_dict() | {"channels": channels})
    check_policies(context, waiting, channels, people=report.users)
    return sum(table.rows_in for table in report.tables.values())


def check_policies(context: Context, waiting: Policy, channels: list[str], *, people: int) -> None:
    """Refuse a budget that cannot be kept, and points of unknown channels unless in force."""
    policy, source, as_of = context.policy(), context.policy_source(), context.as_of
    check_budget(policy, source, people=people, day=as_of.date() if as_of else None)
    if waiting.version != policy.version or context.previous is None:
        file = context.policy_file()
        check_channels(waiting, Source(str(file), read_text(file)), channels)


def score_people(context: Context, advance: Advance) -> int:
    """Exposures, events and circles -> share propensity, social currency, influence."""
    sharing = score_sharing(
        context.engine,
        context.config,
        context.tables,
        as_of=context.as_of,
        circles=context.circles("interest").labels,
        seed=context.seed,
        kept=context.work.path(f"{SHARELOG}/model.json").parent,
        progress=advance,
    )
    arrays = {
        "propensity": sharing.propensity,
        "low": sharing.low,
        "high": sharing.high,
        "social_currency": sharing.social_currency,
        "levers": sharing.levers,
        "influence": sharing.influence.score,
    }
    keep_images(context, sharing)
    save_arrays(context.work.path("sharing.npz"), arrays)
    context.work.save("sharing.json", sharing.report)
    return len(sharing.propensity)


def keep_images(context: Context, sharing: Sharing) -> None:
    """Keep what resonates with whom, what is shown off and what kept, and everybody's levers."""
    folder, circles = context.work.folder / SHARELOG, context.circles("interest").labels
    tags = context.facet("interest").tags
    circle_ids = context.work.load("identity/interest.json")["circle_ids"]
    keep_resonance(context.engine, folder, tags=tags, circle_ids=circle_ids)
    both = selves_table(
        context.engine,
        sharing.shared,
        circles=circles.astype(np.int64),
        circle_ids=circle_ids,
        tags=tags,
    )
    pq.write_table(both, folder / SELVES)
    pq.write_table(told_of(sharing.tag_currency, tags), folder / CURRENCY)
    everybody = levers_table(context.user_ids(), sharing.levers, sharing.evidence)
    pq.write_table(everybody, folder / LEVER_TABLE)


def turn_flywheel(context: Context, advance: Advance) -> int:
    """Valid tables -> value, stickiness, lifecycle stages and the flywheel."""
    customers = customer_statistics(
        context.engine, context.config, context.tables, as_of=context.as_of
    )
    lifecycle = lifecycle_stages(
        context.engine,
        context.config,
        context.tables,
        as_of=context.as_of,
        previous=context.table_before("lifecycle"),
    )
    flywheel = flywheel_report(
        lifecycle,
        value=customers.value,
        invitations=read_invitations(
            context.engine, context.config, context.tables, as_of=context.as_of
        ),
        circles=[grouping_of(context, name) for name in FACETS],
        seed=context.seed,
    )
    save_arrays(
        context.work.path("customers.npz"),
        {
            "value": customers.value,
            "value_low": customers.low,
            "value_high": customers.high,
            "stickiness": customers.stickiness,
            "tenure": customers.tenure_days,
        },
    )
    pq.write_table(lifecycle.table, context.work.path("lifecycle.parquet"))
    context.work.save("flywheel.json", with_trend(flywheel, context))
    context.work.save("customers.json", customers.report)
    return len(customers.value)


def grouping_of(context: Context, name: Facet) -> Grouping:
    """Everyone by their primary circle in a facet."""
    ids = context.work.load(f"identity/{name}.json")["circle_ids"]
    return Grouping(name, context.circles(name).labels.astype(np.int64), ids)


def give_rights(context: Context, advance: Advance) -> int:
    """Scores, policy and the tiers before -> tiers with reasons, and what changed."""
    people = people_of(context)
    people.save(context.work.path("merits/people").parent)
    rights = assign_rights(
        context.policy(),
        people,
        previous=context.tiers_before(),
        as_of=context.as_of,
        set_by_hand=context.set_by_hand(),
    )
    pq.write_table(rights.tiers, context.work.path("tiers.parquet"))
    pq.write_table(rights.changes, context.work.path("tier-changes.parquet"))
    write_lines(context.work.path("merits/notices.ndjson"), rights.notices)
    replace_text(context.work.path(POLICY), context.policy_text())
    waiting = context.policy_of_file().version
    is_waiting = waiting != context.policy().version
    context.work.save(
        "rights.json", rights.report | {"not_applied": waiting if is_waiting else None}
    )
    return len(rights.tier)


def people_of(context: Context) -> People:
    """Gather what the policies may look at of everyone."""
    customers = load_arrays(context.work.path("customers.npz"))
    sharing = load_arrays(context.work.path("sharing.npz"))
    counted = earnings(
        context.engine,
        context.config.channels,
        [context.policy(), context.policy_of_file()],
        context.tables,
        as_of=context.as_of,
    )
    standard = {
        "value": customers["value"],
        "value_low": customers["value_low"],
        "value_high": customers["value_high"],
        "share": sharing["propensity"],
        "stickiness": customers["stickiness"],
        "influence": sharing["influence"],
        "tenure": customers["tenure"],
    }
    identities = {name: context.work.load(f"identity/{name}.json") for name in FACETS}
    return People(
        user_ids=pa.array(context.user_ids(), pa.string()),
        measures=standard | counted,
        circles={
            name: primary_circles(context.circles(name).labels, identities[name]["circle_ids"])
            for name in FACETS
        },
        labels=pq.read_table(context.tables / "labels.parquet").replace_schema_metadata(),
    )


def find_carriers(context: Context, advance: Advance) -> int:
    """Ties, events, circles and tiers -> ambassadors, creators, who brought whom."""
    carrying = measure_carrying(
        context.engine,
        context.config,
        context.tables,
        as_of=context.as_of,
        circles=[group for name in FACETS for group in circle_groups(context, name)],
        tiers=list(groups_by(context.table("tiers")["tier"])),
        seed=context.seed,
        progress=advance,
    )
    for name in ("ambassadors", "creators", "referrals"):
        pq.write_table(getattr(carrying, name), context.work.path(f"{name}.parquet"))
    context.work.save("carrying.json", carrying.report)
    return len(context.user_ids())


def circle_groups(context: Context, name: Facet) -> list[Group]:
    """The people of each circle of a facet, and of each parent above them."""
    found = context.circles(name)
    identity, above = (context.work.load(f"{level}/{name}.json") for level in LEVELS)
    parents = raised(found, np.array(above["of"], dtype=np.int64))
    return [
        *groups_of(found.members, identity["circle_ids"]),
        *groups_of(parents.members, above["circle_ids"]),
    ]


def write_out(context: Context, advance: Advance) -> int:
    """Everything found -> the snapshot, checksummed."""
    folder = context.work.folder / "snapshot"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    gathered = gather(context)
    keep_models(context, folder / "models")
    keep_sums(context, folder / "sums")
    shutil.copytree(context.work.folder / "merits", folder / "merits")
    link_folder(context.work.folder / SHARELOG, folder / SHARELOG)
    write_snapshot(folder, gathered, facts=facts_of(context))
    return int(gathered.users.num_rows)


STAGES = (
    Stage("ingest", "read and check the inputs", read_inputs),
    Stage("tags", "weigh everyone's tags", weigh_tags),
    Stage("circles", "find the circles", fit_circles),
    Stage("stability", "test how firm they are", settle_circles),
    Stage("identity", "match the run before", keep_identity),
    Stage("sharing", "score who will share", score_people),
    Stage("loop", "turn the flywheel", turn_flywheel),
    Stage("rights", "assign rights", give_rights),
    Stage("carrying", "find who carries circles outward", find_carriers),
    Stage("snapshot", "write the snapshot", write_out),
)
