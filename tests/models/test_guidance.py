"""Circles as people want them."""

from dataclasses import replace

import numpy as np
import pytest

from models.guidance import Wish, guided
from models.mixture import crowd_shares, dense, refine, seeded, settle
from models.profiles import assign_observed
from models.rows import Rows

WIDTH = 156


@pytest.fixture(scope="module")
def eight(planted):
    """Eight planted circles of twelve tags each, 4,000 people."""
    return planted(circles=8, users=4000)


@pytest.fixture(scope="module")
def rows(eight):
    """The planted people as observations."""
    return Rows.of(eight.X)


@pytest.fixture(scope="module")
def found(rows, eight):
    """All eight circles, well learned."""
    profiles = seeded(rows, eight.circles, crowd=crowd_shares(rows))
    return settle(refine(profiles, rows), rows)


def marks(*circles):
    """The planted signature of some circles together."""
    row = np.zeros(WIDTH)
    for circle in circles:
        row[circle * 12 : circle * 12 + 12] = 1 / (12 * len(circles))
    return row


def tag(number):
    """A row that speaks of one tag."""
    row = np.zeros(WIDTH)
    row[number] = 1.0
    return row


def asked(found, rows, *wishes, fewest=20.0, known=()):
    """The profiles after some wishes."""
    known = np.array(known).reshape(-1, WIDTH)
    return guided(found, rows, wishes, known=known, fewest=fewest)


def holders(profiles, circle):
    """Which circles hold the tags of a planted one."""
    return np.flatnonzero(dense(profiles)[:, circle * 12 : circle * 12 + 12].sum(axis=1) > 0.2)


def moved(found, after, rows, spoken):
    """The share of people in circles nobody spoke of whose circle is another one afterwards."""
    before = assign_observed(found, rows, max_circles=0).labels
    now = assign_observed(after, rows, max_circles=0).labels
    others = np.isin(before, np.setdiff1d(np.arange(found.n_circles), spoken))
    tables, labels = dense(after), before[others]
    same = [np.flatnonzero((np.abs(tables - row) < 1e-12).all(axis=1)) for row in dense(found)]
    assert all(len(same[circle]) == 1 for circle in np.unique(labels))
    return float((now[others] != np.array([s[0] if len(s) else -9 for s in same])[labels]).mean())


def test_no_wish_changes_nothing(found, rows):
    """The very same profiles come back."""
    assert asked(found, rows).profiles is found


def test_two_circles_become_one(found, rows):
    """By their signatures; it has the tags of both, and the key it was given."""
    wish = Wish("together", "", np.array([marks(1), marks(2)]), ("interest-1",))

    after = asked(found, rows, wish)

    assert after.profiles.n_circles == 7
    assert holders(after.profiles, 1).tolist() == holders(after.profiles, 2).tolist()
    assert after.keys[holders(after.profiles, 1)[0]] == "interest-1"
    assert moved(found, after.profiles, rows, [1, 2]) < 0.02


def test_the_circles_of_two_tags_become_one(found, rows):
    """A tag speaks of the circle that has most of it."""
    after = asked(found, rows, Wish("together", "", np.array([tag(3), tag(40)])))

    assert holders(after.profiles, 0).tolist() == holders(after.profiles, 3).tolist()


def test_a_circle_found_as_one_is_put_back_as_the_two_it_was(rows, eight):
    """Kept apart, each under its id."""
    one = seeded(rows, np.where(eight.circles == 5, 4, eight.circles), crowd=crowd_shares(rows))
    one = settle(refine(one, rows), rows)
    wish = Wish("apart", "", np.array([marks(4), marks(5)]), ("interest-4", "interest-5"))

    after = asked(replace(one), rows, wish, known=[marks(4), marks(5)])

    four, five = holders(after.profiles, 4), holders(after.profiles, 5)
    assert len(four) == len(five) == 1
    assert four != five
    assert (after.keys[four[0]], after.keys[five[0]]) == ("interest-4", "interest-5")


def test_two_tags_never_stand_in_one_signature(found, rows):
    """Each circle keeps the one it has more of; nobody else is touched."""
    after = asked(found, rows, Wish("apart", "", np.array([tag(24), tag(25)])))

    table = dense(after.profiles)
    assert not ((table[:, 24] > 0) & (table[:, 25] > 0)).any()
    assert (table[:, [24, 25]] > 0).any()
    assert moved(found, after.profiles, rows, [2]) < 0.02


def test_a_circle_grows_around_seed_tags(rows, eight):
    """Three tags of a circle that was missed bring all twelve; the others move hardly."""
    missed = seeded(rows, np.where(eight.circles == 7, -1, eight.circles), crowd=crowd_shares(rows))
    missed = settle(refine(missed, rows), rows)
    seed = sum(tag(84 + number) for number in range(3)) / 3

    after = asked(missed, rows, Wish("seed", "", seed[None]))

    (place,) = holders(after.profiles, 7)
    assert np.count_nonzero(dense(after.profiles)[place, 84:96]) == 12
    assert moved(missed, after.profiles, rows, []) < 0.02


def test_seeds_nobody_gathers_around_are_named(found, rows):
    """The conflict says which seeds, and how many people would be needed."""
    after = asked(found, rows, Wish("seed", "`seed` tea", tag(150)[None]), fewest=3000.0)

    assert after.conflicts[0].startswith("`seed` tea: ")
    assert "3000 are needed" in after.conflicts[0]
    assert np.array_equal(dense(after.profiles), dense(found))


def test_a_frozen_circle_keeps_its_signature_exactly(found, rows):
    """In place of what became of it, under its id."""
    remembered = marks(6)
    remembered[72] = 0.0
    remembered /= remembered.sum()
    wish = Wish("frozen", "", remembered[None], ("interest-6",))

    after = asked(found, rows, wish, known=[remembered])

    place = after.keys.index("interest-6")
    assert np.array_equal(dense(after.profiles)[place], remembered)
    assert after.profiles.n_circles == 8
    assert moved(found, after.profiles, rows, [6]) < 0.02


def test_a_frozen_circle_that_is_to_be_joined_is_a_conflict(found, rows):
    """The answer names it, and what was granted before stays."""
    wishes = (
        Wish("together", "", np.array([marks(1), marks(2)]), ("interest-1",)),
        Wish("frozen", "`frozen` interest-2", marks(1, 2)[None], ("interest-2",)),
    )

    after = asked(found, rows, *wishes)

    assert after.conflicts == ("`frozen` interest-2: interest-1 would have to change it.",)
    assert "interest-1" in after.keys


def test_a_retired_circle_is_let_go_whenever_it_is_found(found, rows):
    """Its people are elsewhere or in none; circles alike to others known stay."""
    after = asked(found, rows, Wish("retire", "", marks(3)[None]), known=[marks(2)])

    assert after.profiles.n_circles == 7
    assert len(holders(after.profiles, 3)) == 0
    assert moved(found, after.profiles, rows, [3]) < 0.02


def test_a_circle_is_cut_on_request(rows, eight):
    """Two planted circles taken for one fall into just those two, the larger half first."""
    one = seeded(rows, np.where(eight.circles == 5, 4, eight.circles), crowd=crowd_shares(rows))
    wish = Wish("split", "", marks(4, 5)[None], ("interest-4", "interest-9"))

    after = asked(one, rows, wish)

    parts = [after.keys.index(key) for key in wish.keys]
    assert {*holders(after.profiles, 4), *holders(after.profiles, 5)} == set(parts)
    assert after.profiles.sizes[parts[0]] >= after.profiles.sizes[parts[1]]


@pytest.mark.parametrize("kind", ["together", "split", "apart"])
def test_a_circle_that_is_not_there_is_named(found, rows, kind):
    """Nothing is changed but the sizes."""
    nowhere = np.array([tag(150) + tag(151), tag(152) + tag(153)]) / 2
    rows_of = nowhere if kind == "apart" else nowhere[:1]

    after = asked(found, rows, Wish(kind, "the wish", rows_of))

    assert after.conflicts[0].startswith("the wish: ")
    assert after.profiles.n_circles == 8
