"""Figures for callers who may not list people give away nobody."""

import numpy as np
import pytest

from segmentation.errors import UsageError
from segmentation.guard import MOST_CONDITIONS, Guard
from segmentation.index import Snapshot
from tests.snapshots import TAGS, build_snapshot

USERS = 2000
MINIMUM = 50
CROWDS = [f'tag:"{tag}"' for tag in TAGS[:8]]
MEASURES = ("social_currency", "influence")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A planted snapshot of two thousand people; the least audience is 50."""
    folder = tmp_path_factory.mktemp("guard") / "run"
    build_snapshot(folder, users=USERS).close()
    with Snapshot.open(folder) as opened:
        yield opened


def manifest(minimum):
    """The manifest of another snapshot."""
    files = {"index/slots.npy": {"sha256": "another"}}
    return {"min_audience": minimum, "files": files, "run_id": "another"}


def told(snapshot, text):
    """What a caller without the scope is told of a filter."""
    return snapshot.guard.tell(snapshot.audience(text), None)


def victims(snapshot, count, seed):
    """Some people, each with what is unlike in everyone else."""
    rows = np.random.default_rng(seed).choice(USERS, count, replace=False).tolist()
    for row in rows:
        user_id = snapshot.audiences.registry.ids[row]
        known = snapshot.user(user_id)
        yield user_id, {name: repr(known[name]) for name in MEASURES}


@pytest.mark.parametrize("text", ["tag:yoga", "tag:yoga AND tier:gold", "user_id:*"])
def test_asking_again_sharpens_nothing(snapshot, text):
    """The figure is one, also in other words of the same parts and on another server."""
    other = Guard(snapshot.manifest)
    audience = snapshot.audience(text)

    figures = {told(snapshot, text), other.tell(audience, None), told(snapshot, f"({text})")}
    figures.add(told(snapshot, " AND ".join(reversed(text.split(" AND ")))))

    assert len(figures) == 1


@pytest.mark.parametrize("people", [0, 1, 49])
def test_fewer_than_the_least_are_never_counted(snapshot, people):
    """Whatever the noise."""
    figures = [snapshot.guard.figure(people, str(asked)) for asked in range(300)]

    assert {figure.count for figure in figures} == {None}
    assert len(set(figures)) == 1


@pytest.mark.parametrize("people", [50, 60, 100, 1000])
def test_no_figure_is_below_the_least(snapshot, people):
    """Also when the noise would take it there."""
    counts = {snapshot.guard.figure(people, str(asked)).count for asked in range(300)}

    assert all(count is None or count >= MINIMUM for count in counts)
    assert len(counts) > 3


def test_an_interval_of_95_percent_holds_the_truth_that_often(snapshot):
    """Over a thousand audiences of many sizes."""
    sizes = np.random.default_rng(0).integers(150, USERS, size=1000).tolist()

    figures = [(size, snapshot.guard.figure(size, str(at))) for at, size in enumerate(sizes)]

    covered = np.mean([figure.low <= size <= figure.high for size, figure in figures])
    assert 0.93 <= covered <= 0.98


def test_two_snapshots_blur_differently(snapshot):
    """What is learnt of one tells nothing of the noise of another."""
    other = Guard(manifest(MINIMUM))

    one, two = ([each.figure(600, str(at)).count for at in range(40)]
                for each in (snapshot.guard, other))  # fmt: skip

    assert one != two


@pytest.mark.parametrize("minimum", [0, 1])
def test_nothing_is_guarded_where_the_owner_says_so(minimum):
    """The least audience is a setting."""
    figure = Guard(manifest(minimum)).figure(3, "")

    assert (figure.count, figure.low, figure.high, figure.exact) == (3, 3, 3, True)


def test_a_difference_of_one_person_is_no_difference(snapshot):
    """A thousand pairs of A, and A without or with one person more, are told alike."""
    pairs = 0
    for _, facts in victims(snapshot, 250, seed=1):
        victim = " AND ".join(f"{name} = {value}" for name, value in facts.items())
        assert len(snapshot.audience(victim)) == 1
        for crowd in (CROWDS[pairs % 8], f"({CROWDS[pairs % 8]} OR stickiness > 0.5)"):
            assert told(snapshot, f"{crowd} AND NOT ({victim})") == told(snapshot, crowd)
            assert told(snapshot, f"{crowd} OR ({victim})") == told(snapshot, crowd)
            pairs += 2

    assert pairs == 1000


def test_a_difference_that_is_hidden_in_the_filter_drowns_in_noise(snapshot):
    """Written so that no part of it stands alone, a thousand guesses are no better than chance."""
    right = []
    for at, (user_id, facts) in enumerate(victims(snapshot, 500, seed=2)):
        crowd = CROWDS[at % 8]
        value = facts["influence"]
        split = f"({crowd} AND influence < {value}) OR ({crowd} AND influence > {value})"
        assert len(snapshot.audience(split)) >= len(snapshot.audience(crowd)) - 1
        with_all, without = told(snapshot, crowd).count, told(snapshot, split).count
        has_it = user_id in set(snapshot.audience(crowd).ids())
        right += [has_it == ((with_all or 0) > (without or 0))]
        right += [has_it == (with_all != without)]

    # Three standard deviations about the best one can do knowing how common the tags are.
    shares = [len(snapshot.audience(crowd)) / USERS for crowd in CROWDS]
    best_blind = np.mean([max(share, 1 - share) for share in shares])
    assert np.mean(right) < best_blind + 3 * 0.5 / np.sqrt(len(right))


def test_two_bounds_that_part_at_one_person_tell_nothing(snapshot):
    """A thousand guesses whether somebody is in a crowd, from a bound before and after them.

    Were the noise keyed by who is meant, two figures would be equal where nobody lies between, and
    93 of 100 guesses right.
    """
    right, shares = [], [len(snapshot.audience(crowd)) / USERS for crowd in CROWDS]
    for at, (user_id, facts) in enumerate(victims(snapshot, 1000, seed=3)):
        crowd = CROWDS[at % 8]
        bounds = (f"{crowd} AND influence {sign} {facts['influence']}" for sign in (">", ">="))
        one, two = (told(snapshot, bound).count for bound in bounds)
        right.append((one != two) == (user_id in set(snapshot.audience(crowd).ids())))

    best_blind = np.mean([max(share, 1 - share) for share in shares])
    assert np.mean(right) < best_blind + 3 * 0.5 / np.sqrt(len(right))


def test_a_part_of_an_explanation_is_told_like_a_filter_of_its_own(snapshot):
    """It is no way round."""
    audience = snapshot.audience("tag:yoga AND NOT tag:luxury")
    explanation = audience.explain(lambda part: snapshot.guard.tell(audience, None, part).count)

    for part in explanation["parts"]:
        assert part["count"] == told(snapshot, part["text"]).count


def test_a_filter_of_many_conditions_is_refused(snapshot):
    """Looking at each of its parts would take too long."""
    text = " OR ".join(f"tag:t{number}" for number in range(MOST_CONDITIONS + 1))

    with pytest.raises(UsageError, match="Without the scope `members`"):
        told(snapshot, text)


def test_shares_of_tags_give_no_exact_number_of_people_away(snapshot):
    """As a fraction an exact share tells a circle's size, and how few of it have the tag."""
    tag = {"tag": "yoga", "lift": 32.54421768, "share": 32 / 49, "q_value": 1.98e-39}
    row = {"circle_id": "interest-1", "size": 49, "share_of_users": 0.02, "top_tags": [tag] * 2}

    few, many = (snapshot.guard.circle(row | {"size": size}) for size in (49, 331))

    rough = {"tag": "yoga", "lift": 33.0, "share": 0.65, "q_value": 2e-39}
    assert few["top_tags"] == [rough | {"share": None}] * 2
    assert (few["size"], few["share_of_users"]) == (None, None)
    assert many["top_tags"] == [rough] * 2
    assert many["size"] == 331
    assert Guard(manifest(1)).circle(row) == row
