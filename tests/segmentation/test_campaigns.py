"""Campaigns on SQLite and PostgreSQL: arms that stay, holdouts of all, pins, what was added."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest

from segmentation import arms, campaigns
from segmentation.campaign_lift import lift_of_campaign
from segmentation.campaigns import Asked, CampaignClosed
from segmentation.erasure import erase_in_database
from segmentation.errors import NotFound, UsageError
from segmentation.store import Store
from tests.service.stores import RUNS, fill
from tests.snapshots import build_snapshot

NOW = datetime(2026, 11, 4, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = Asked(name="spring", share=0.3, deviation=1.0, effect=1.0)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with three runs, the people in other circles in each."""
    return fill(tmp_path_factory.mktemp("campaigns"), users=300, has_ledger=False)


@pytest.fixture
def store(filled):
    """The store."""
    return Store(filled)


@pytest.fixture
def start(store, database):
    """Begin a campaign on a run, the live one by default."""

    def start(asked=ASKED, run_id=RUNS[-1], now=NOW):
        with store.snapshot(run_id) as snapshot:
            return campaigns.start(store, database, snapshot, asked, by="Ada", now=now)

    return start


def arms_of(database, campaign, **asked):
    """Who is in which arm."""
    rows = arms.arms(database, campaign.campaign_id, limit=10_000, **asked)
    return {row["user_id"]: row["held_out"] for row in rows}


def test_who_is_held_out_is_kept_and_split_alike_by_circle(store, database, start):
    """The share holds overall, and in each circle to a person or two."""
    made = start()

    rows = arms.arms(database, made.campaign_id, limit=1_000)
    held = np.array([row["held_out"] for row in rows])
    circles = np.array([row["circle_id"] or "" for row in rows])
    assert abs(held.sum() - 0.3 * len(rows)) <= 1
    for circle in set(circles):
        inside = circles == circle
        assert abs(held[inside].sum() - 0.3 * inside.sum()) < 2
    (draw,) = arms.versions(database, made.campaign_id)
    assert (draw["people"], draw["held_out"], draw["run_id"]) == (len(rows), held.sum(), RUNS[-1])
    assert draw["least_p"] > 0.05


def test_nobody_changes_arm_when_people_are_segmented_anew(store, database, start):
    """Though nearly all are in other circles in the next runs."""
    made = start(run_id=RUNS[0])
    before = arms_of(database, made)

    for run_id in RUNS[1:]:
        with store.snapshot(run_id) as snapshot:
            campaigns.extend(database, snapshot, made.campaign_id, now=NOW + DAY)

    after = arms_of(database, made)
    assert {user: after[user] for user in before} == before


def test_who_comes_later_is_drawn_as_a_version_of_its_own(store, database, start, tmp_path):
    """The arms of each earlier version can be had again."""
    made = start()
    first = arms_of(database, made)
    with build_snapshot(tmp_path / "later", users=400, seed=9, run_id="later") as snapshot:
        added = campaigns.extend(database, snapshot, made.campaign_id, now=NOW + DAY)
        nobody = campaigns.extend(database, snapshot, made.campaign_id, now=NOW + DAY)

    everyone = arms_of(database, made)
    fresh = [held for user, held in everyone.items() if user not in first]
    assert (len(fresh), nobody) == (added, 0)
    assert abs(sum(fresh) - 0.3 * added) <= 1
    assert arms_of(database, made, version=1) == first
    assert [draw["version"] for draw in arms.versions(database, made.campaign_id)] == [1, 2]


def test_lost_arms_are_drawn_again_from_the_salt_and_the_run(store, database, start):
    """By the same function: the draw is restored, not made up."""
    made = start()
    with store.snapshot() as snapshot:
        places = campaigns.people_of(database, snapshot, "", None, kind="campaign", now=NOW)
        drawn = campaigns.draw_from(snapshot, places, share=made.share, salt=f"{made.salt}1")

    again = dict(zip(drawn.user_ids, drawn.draw.held.tolist(), strict=True))
    assert again == arms_of(database, made)


def test_two_campaigns_hold_out_others(start, database):
    """A person's luck in one says nothing of their luck in the next."""
    one, two = (np.array(list(arms_of(database, start()).values())) for _ in range(2))

    assert abs(np.corrcoef(one, two)[0, 1]) < 0.25


def test_who_is_held_out_of_everything_is_in_no_campaign(start, database, store):
    """While that holdout runs; there is one at a time."""
    all_of_them = start(replace(ASKED, kind="everyone"))
    held = {user for user, is_held in arms_of(database, all_of_them).items() if is_held}

    made = start(replace(ASKED, filter='tier >= "silver"'))

    assert not held & set(arms_of(database, made))
    with pytest.raises(UsageError, match="already"):
        start(replace(ASKED, kind="everyone"))
    campaigns.end(store, database, all_of_them.campaign_id, now=NOW)
    assert held & set(arms_of(database, start()))


def test_the_holdout_of_everyone_takes_its_share_from_the_policy(start, tmp_path):
    """And must be told it where the policy says none."""
    asked = replace(ASKED, kind="everyone", share=None)
    with build_snapshot(tmp_path / "run", users=20) as snapshot:
        path = snapshot.folder / "policy.json"
        policy = orjson.loads(path.read_bytes())
        path.write_bytes(orjson.dumps(policy | {"holdout": {"share": 0.05}}))

        assert campaigns.share_of(snapshot, asked) == 0.05
    with pytest.raises(UsageError, match="what share"):
        start(asked)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"effect": 0.01}, r"are needed, or a larger effect"),
        ({"filter": 'user_id = "nobody"'}, r"With 0 people the power is 0.00.* are needed"),
        ({"share": None}, "what share"),
        ({"share": 1.5}, "between 0 and 1"),
        ({"deviation": 0.0}, "above 0"),
        ({"until": NOW}, "must lie ahead"),
        ({"pinned": True}, "says `until` when"),
        ({"kind": "everyone", "filter": 'tier = "gold"'}, "no filter"),
        ({"name": " "}, "has a name"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(start, database, changed, message):
    """One with too few people says how many it takes; nothing is kept."""
    with pytest.raises(UsageError, match=message):
        start(replace(ASKED, **changed))

    assert campaigns.list_campaigns(database) == []


def test_a_pinned_run_outlives_pruning_for_as_long_as_a_campaign_needs_it(database, tmp_path):
    """Two campaigns on one run: the later end counts, and an end by hand frees it."""
    store = Store(fill(tmp_path / "own", (*RUNS, "20261104T020000Z-00000004"), users=120,
                       has_ledger=False))  # fmt: skip
    with store.snapshot(RUNS[0]) as snapshot:
        made = [
            campaigns.start(
                store, database, snapshot, replace(ASKED, pinned=True, until=NOW + days * DAY),
                by="Ada", now=NOW,
            )
            for days in (20, 5)
        ]  # fmt: skip

    gone = [store.prune(1, now=NOW + DAY)]
    campaigns.end(store, database, made[1].campaign_id, now=NOW + DAY)
    gone.append(store.prune(1, now=NOW + 6 * DAY))
    campaigns.end(store, database, made[0].campaign_id, now=NOW + 7 * DAY)
    gone.append(store.prune(1, now=NOW + 8 * DAY))

    assert gone == [[RUNS[1]], [], [RUNS[0]]]


def test_a_campaign_reads_its_run_until_it_is_over(start, database, store):
    """One without a pin reads what is live."""
    plain = start()
    pinned = start(replace(ASKED, pinned=True, until=NOW + DAY), run_id=RUNS[0])

    assert campaigns.kept_by(database, plain.campaign_id, now=NOW) is None
    assert campaigns.kept_by(database, pinned.campaign_id, now=NOW).run_id == RUNS[0]
    with pytest.raises(CampaignClosed, match="is over"):
        campaigns.kept_by(database, pinned.campaign_id, now=NOW + DAY)
    with store.snapshot() as snapshot, pytest.raises(CampaignClosed, match="keeps to the run"):
        campaigns.extend(database, snapshot, pinned.campaign_id, now=NOW)
    with pytest.raises(NotFound):
        campaigns.kept_by(database, "camp-0", now=NOW)


def test_who_refuses_or_is_erased_is_in_no_list(start, database, store):
    """Who refused before is not drawn, who refuses since is not told, who is erased is gone."""
    made = start(replace(ASKED, purpose="ads"))
    with store.snapshot() as snapshot:
        drawn = arms_of(database, made)
        assert not any("ads" in snapshot.user(user)["refuses"] for user in drawn)
        later, erased, *_ = drawn
        snapshot.audiences.amend([(later, "ads", False)])
        erase_in_database(database, erased)
        rows = arms.arms(database, made.campaign_id, limit=1_000)
        told = {row["user_id"] for row in arms.reachable(snapshot, rows, purpose="ads")}

    assert set(drawn) - told == {later, erased}


def note(database, campaign, lift, seed=0):
    """Outcomes that a campaign lifted, explained in part by what was before."""
    random, rows = np.random.default_rng(seed), []
    for user, held in arms_of(database, campaign).items():
        before = random.gamma(2.0, 5.0)
        rows.append({"user_id": user, "before": before,
                     "outcome": before + random.normal(0, 1) + lift * (not held)})  # fmt: skip
    return arms.note_outcomes(database, campaign.campaign_id, rows)


def test_what_a_campaign_added_is_found_and_narrowed(start, database):
    """Within five standard errors of the truth; CUPED made the interval much shorter."""
    made = start()

    noted = note(database, made, lift=2.0)

    found = lift_of_campaign(database, made.campaign_id)
    assert noted == {"kept": len(arms_of(database, made)), "unknown": 0}
    assert found["overall"]["lift"] == pytest.approx(2.0, abs=0.65)
    assert found["overall"]["high"] - found["overall"]["low"] < 1.2
    assert found["overall"]["narrowed"] > 0.7
    assert found["narrowed_by"] == "before"
    assert set(found["circles"]) <= {f"interest-{n}" for n in range(1, 9)}
    assert lift_of_campaign(database, made.campaign_id, fewest=1_000)["circles"] == {}


def test_noted_again_an_outcome_takes_the_place_of_the_first(start, database):
    """What is of nobody in the campaign is counted, not kept."""
    made = start()
    note(database, made, lift=9.0)
    note(database, made, lift=0.0)

    unknown = arms.note_outcomes(
        database, made.campaign_id, [{"user_id": "nobody", "outcome": 1.0}]
    )

    found = lift_of_campaign(database, made.campaign_id)["overall"]
    assert found["lift"] == pytest.approx(0.0, abs=0.65)
    assert unknown == {"kept": 0, "unknown": 1}


def test_before_any_outcome_is_known_no_lift_is_told(start, database):
    """That nothing was added, surely, is what an interval from 0 to 0 would say."""
    made = start()

    with pytest.raises(UsageError, match=f"No outcome of `{made.campaign_id}` is written down"):
        lift_of_campaign(database, made.campaign_id)


def test_what_people_were_worth_narrows_where_nothing_else_was_known_before(start, database):
    """Everyone who is never named had an outcome of 0."""
    made = start()
    arms.note_outcomes(
        database, made.campaign_id, [{"user_id": min(arms_of(database, made)), "outcome": 1.0}]
    )

    found = lift_of_campaign(database, made.campaign_id)

    assert (found["outcomes"], found["narrowed_by"]) == (1, "worth")
