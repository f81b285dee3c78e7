"""Campaigns: who is reached and who is held out, drawn once and kept, and which run they read.

Arms are stored, so whoever is in one stays there whatever later runs find; people who come later
are drawn among themselves and make a version of their own. The one holdout of everyone is a
campaign of its own kind: whoever it holds out is in no other campaign.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from segmentation.arms import keep, places_of, unwilling
from segmentation.bitmaps import Places
from segmentation.database import Database
from segmentation.drawing import draw_from
from segmentation.errors import NotFound, UsageError
from segmentation.index import Snapshot
from segmentation.manifest import read_json
from segmentation.planning import plan
from segmentation.sqltables import campaign_arms
from segmentation.sqltables import campaigns as table
from segmentation.store import Store
from segmentation.turns import take_turn

PREFIX = "camp-"
Kind = Literal["everyone", "campaign"]
EVERYONE: Kind = "everyone"
CAMPAIGN: Kind = "campaign"


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as it was begun; `version` counts how often people were drawn.

    Pinned, it reads the run it began on until its end, with the tiers set by hand up to
    `tiers_through`, an entry of the ledger.
    """

    campaign_id: str
    kind: Kind
    name: str
    filter: str
    purpose: str | None
    share: float
    deviation: float
    effect: float
    salt: str
    run_id: str
    pinned: bool
    version: int
    created: datetime
    until: datetime | None
    ended: datetime | None
    by: str
    tiers_through: int

    def is_over(self, now: datetime) -> bool:
        """Whether it has come to its end, or to that which was planned."""
        return self.ended is not None or (self.until is not None and self.until <= now)

    def to_dict(self) -> dict[str, Any]:
        """What is told of it; by its salt one could foretell who is held out."""
        facts = asdict(self)
        for kept in ("salt", "tiers_through"):
            del facts[kept]
        return facts


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A campaign to begin; without `filter` it is about everyone."""

    name: str
    filter: str = ""
    purpose: str | None = None
    share: float | None = None
    deviation: float
    effect: float
    until: datetime | None = None
    pinned: bool = False
    kind: Kind = CAMPAIGN


class CampaignClosed(UsageError):
    """The campaign is over, or keeps to the run it began on."""


def start(
    store: Store, database: Database, snapshot: Snapshot, asked: Asked, *, by: str, now: datetime
) -> Campaign:
    """Begin a campaign: draw who is held out, and keep it.

    Raises
    ------
    UsageError
        When it could not tell the effect it hopes for; says how many people are needed.
    FilterError
        When the filter cannot be read.
    """
    share = share_of(snapshot, asked)
    check(database, asked, share=share, now=now)
    places = people_of(database, snapshot, asked.filter, asked.purpose, kind=asked.kind, now=now)
    plan(people=len(places), deviation=asked.deviation, effect=asked.effect, holdout_share=share)
    facts = asdict(asked) | {"share": share}
    campaign = Campaign(
        **facts,
        campaign_id=f"{PREFIX}{secrets.token_hex(8)}",
        salt=secrets.token_hex(16),
        run_id=snapshot.run_id,
        version=0,
        created=now,
        ended=None,
        by=by,
        tiers_through=snapshot.overlay.seq,
    )
    with database.begin() as connection:
        take_turn(connection)
        connection.execute(sa.insert(table).values(asdict(campaign)))
        write(connection, campaign, snapshot, places, now=now)
    keep_pin(store, database, campaign.run_id, now=now)
    return find(database, campaign.campaign_id)


def extend(database: Database, snapshot: Snapshot, campaign_id: str, *, now: datetime) -> int:
    """Draw among those who came since; nobody who is in an arm changes it. Returns how many came.

    Raises
    ------
    CampaignClosed
        When the campaign is over, or keeps to the run it began on.
    """
    with database.begin() as connection:
        take_turn(connection)
        campaign = find(database, campaign_id)
        if campaign.is_over(now) or campaign.pinned:
            why = "is over" if campaign.is_over(now) else "keeps to the run it began on"
            raise CampaignClosed(f"The campaign `{campaign_id}` {why}: nobody is added.")
        places = people_of(
            database, snapshot, campaign.filter, campaign.purpose, kind=campaign.kind, now=now
        )
        mine = sa.select(campaign_arms.c.user_id).where(campaign_arms.c.campaign_id == campaign_id)
        fresh = places - places_of(snapshot, connection.execute(mine).scalars())
        if fresh:
            write(connection, campaign, snapshot, fresh, now=now)
    return len(fresh)


def end(store: Store, database: Database, campaign_id: str, *, now: datetime) -> Campaign:
    """End a campaign now; its arms stay, so that it can be measured."""
    campaign = find(database, campaign_id)
    mine = (table.c.campaign_id == campaign_id) & table.c.ended.is_(None)
    with database.begin() as connection:
        connection.execute(sa.update(table).where(mine).values(ended=now))
    if campaign.pinned:
        keep_pin(store, database, campaign.run_id, now=now)
    return find(database, campaign_id)


def find(database: Database, campaign_id: str) -> Campaign:
    """Return a campaign; raises `NotFound` when there is none."""
    with database.connect() as connection:
        query = sa.select(table).where(table.c.campaign_id == campaign_id)
        row = connection.execute(query).first()
    if row is None:
        raise NotFound.of("campaign", campaign_id)
    return Campaign(**dict(row._mapping))


def list_campaigns(database: Database) -> list[Campaign]:
    """Return every campaign, the latest first."""
    query = sa.select(table).order_by(table.c.created.desc(), table.c.campaign_id)
    with database.connect() as connection:
        return [Campaign(**dict(row._mapping)) for row in connection.execute(query)]


def share_of(snapshot: Snapshot, asked: Asked) -> float:
    """The share to hold out: as asked, or for everyone that of the policy in force."""
    share = asked.share
    if share is None and asked.kind == EVERYONE:
        policy = read_json(snapshot.folder / "policy.json")
        share = policy.get("holdout", {}).get("share")
    if share is None:
        raise UsageError("Say what share is held out, such as 0.1.")
    return float(share)


def check(database: Database, asked: Asked, *, share: float, now: datetime) -> None:
    """Refuse a campaign that makes no sense."""
    if not asked.name.strip():
        raise UsageError("A campaign has a name.")
    if not 0 < share < 1 or not asked.deviation > 0 or not asked.effect > 0:
        raise UsageError("`share` is between 0 and 1; `deviation` and `effect` are above 0.")
    if asked.until is not None and asked.until <= now:
        raise UsageError(f"`until` must lie ahead, got {asked.until.isoformat()}.")
    if asked.pinned and asked.until is None:
        raise UsageError("A campaign that keeps a run says `until` when.")
    if asked.kind == EVERYONE and (asked.filter or asked.pinned):
        raise UsageError("The holdout of everyone has no filter and keeps no run.")
    if asked.kind == EVERYONE and held_from_all(database, now=now) is not None:
        raise UsageError("There is a holdout of everyone already. End it first.")


def held_from_all(database: Database, *, now: datetime) -> str | None:
    """The campaign that holds people out of all others, while there is one."""
    running = (
        each.campaign_id
        for each in list_campaigns(database)
        if each.kind == EVERYONE and not each.is_over(now)
    )
    return next(running, None)


def people_of(
    database: Database,
    snapshot: Snapshot,
    text: str,
    purpose: str | None,
    *,
    kind: Kind,
    now: datetime,
) -> Places:
    """Whom a campaign is about: those of its filter who refuse neither it nor everything."""
    index = snapshot.audiences
    hidden = unwilling(snapshot, purpose)
    above = held_from_all(database, now=now) if kind == CAMPAIGN else None
    if above is not None:
        mine = (campaign_arms.c.campaign_id == above) & campaign_arms.c.held_out
        with database.connect() as connection:
            held = connection.execute(sa.select(campaign_arms.c.user_id).where(mine)).scalars()
            hidden = hidden | places_of(snapshot, held)
    if not text:
        return index.everyone - hidden - index.erased()
    return snapshot.audience(text, hidden=hidden).places


def write(
    connection: sa.Connection,
    campaign: Campaign,
    snapshot: Snapshot,
    places: Places,
    *,
    now: datetime,
) -> None:
    """Draw among some people, and write their arms down as the next version."""
    version = campaign.version + 1
    salt = f"{campaign.salt}{version}"
    drawn = draw_from(snapshot, places, share=campaign.share, salt=salt)
    keep(
        connection,
        campaign.campaign_id,
        drawn,
        version=version,
        run_id=snapshot.run_id,
        now=now,
    )


def keep_pin(store: Store, database: Database, run_id: str, *, now: datetime) -> None:
    """Keep a run for as long as any campaign that began on it needs it."""
    ends = [
        each.until
        for each in list_campaigns(database)
        if each.pinned and each.run_id == run_id and each.until and each.ended is None
    ]
    every = [each for each in list_campaigns(database) if each.pinned and each.run_id == run_id]
    if every:
        store.pin(run_id, until=max(ends, default=now), now=now, reason="campaigns")


def kept_by(
    database: Database, campaign_id: str, *, now: datetime | None = None
) -> Campaign | None:
    """The campaign when it keeps to the run it began on; None when it reads the live one.

    Raises
    ------
    CampaignClosed
        When it is over.
    """
    campaign = find(database, campaign_id)
    if campaign.is_over(now or datetime.now(UTC)):
        raise CampaignClosed(f"The campaign `{campaign_id}` is over.")
    return campaign if campaign.pinned else None
