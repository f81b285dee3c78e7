"""Learning profiles."""

import numpy as np
import pytest

from benchmarks.shapes import nested_topics
from models import mixture
from models.expectation import expect
from models.foretelling import HeldBack
from models.landmarks import Canon
from models.mixture import (
    counted,
    crossed,
    crowd_shares,
    dense,
    refine,
    seeded,
    settle,
    whole,
    with_signatures,
)
from models.observations import damped_rows
from models.rows import Rows
from models.trimming import crowd_only, joined_alike, merit, without_composites


@pytest.fixture(scope="module")
def learned(rows, four_circles):
    """Profiles learned from a rough start: a third of the people, one in five mislabelled."""
    rng = np.random.default_rng(1)
    start = np.where(rng.random(rows.n_rows) < 0.2, rng.integers(0, 4, rows.n_rows),
                     four_circles.circles)  # fmt: skip
    start[rng.random(rows.n_rows) < 0.67] = -1
    profiles = seeded(rows, start, crowd=crowd_shares(rows))
    return settle(refine(profiles, rows), rows)


def test_signatures_are_the_planted_ones(learned):
    """Each circle's weight lies on its own twelve tags."""
    table = dense(learned)

    own = [table[circle, circle * 12 : circle * 12 + 12].sum() for circle in range(4)]

    assert min(own) > 0.97


def test_people_in_no_circle_are_not_swallowed(learned):
    """A tag judged without itself keeps the planted 15 % of noise alive."""
    assert 0.10 < learned.noise < 0.22


def test_shares_sum_to_one(learned):
    """Signatures, background, sizes and grid weights are distributions."""
    assert np.allclose(dense(learned).sum(axis=1), 1.0)
    assert np.isclose(learned.background.sum(), 1.0)
    assert np.isclose(learned.sizes.sum(), 1.0)
    assert np.isclose(learned.grid_weights.sum(), 1.0)


def test_learning_makes_the_people_likelier(rows, four_circles, learned):
    """The refined profiles beat their own start and the crowd alone."""
    start = seeded(rows, four_circles.circles, crowd=crowd_shares(rows))

    before = expect(start, rows).log_likelihood

    assert expect(learned, rows).log_likelihood > before
    assert merit(learned, rows) > merit(crowd_only(start), rows)


def test_the_pieces_do_not_change_the_sums(rows, learned, monkeypatch):
    """Small pieces and one large piece agree to rounding."""
    whole = expect(learned, rows)
    monkeypatch.setattr("models.kernels.threads.CELLS_AT_ONCE", 500)

    pieces = expect(learned, rows)

    assert np.allclose(whole.entries, pieces.entries)
    assert np.allclose(whole.background, pieces.background)
    assert (whole.sure == pieces.sure).all()


def test_weight_is_shared_out_without_loss(rows, learned):
    """What circles drew and what is left to the crowd add up to all there was."""
    seen = expect(learned, rows)

    assert np.isclose(seen.entries.sum() + seen.background.sum(), rows.values.sum())


def test_circles_with_the_same_tags_are_joined(rows, four_circles):
    """Two halves of one circle become one again."""
    halves = four_circles.circles.copy()
    first = np.flatnonzero(halves == 0)
    halves[first[::2]] = 4
    profiles = refine(seeded(rows, halves, crowd=crowd_shares(rows)), rows, steps=1)

    assert joined_alike(profiles).n_circles == 4


@pytest.mark.parametrize("unknown", [0, 5])
def test_a_mixture_of_two_circles_is_no_third(rows, four_circles, unknown):
    """People drawn from two signatures at once make none, though few of them show every tag."""
    table = np.kron(np.eye(4), np.full(12, 1 / 12))
    table = np.hstack([table, np.zeros((4, rows.n_columns - 48))])
    pair = table[0] + table[1]
    pair[:unknown] = 0.0
    start = seeded(rows, four_circles.circles, crowd=crowd_shares(rows))

    sizes = np.array([0.2, 0.3, 0.2, 0.2, 0.1])
    five = with_signatures(start, np.vstack([table, pair / pair.sum()]), sizes)

    assert without_composites(five).signatures.counts.tolist() == [12, 12, 12, 12]


def test_a_large_circle_is_no_mixture_of_a_small_one(rows, four_circles):
    """Who is in two circles at once is in each, so that a mixture has fewer people than either."""
    table = np.kron(np.eye(2), np.full(12, 1 / 12))
    table = np.hstack([table, np.zeros((2, rows.n_columns - 24))])
    pair = table.sum(axis=0) / 2
    start = seeded(rows, four_circles.circles, crowd=crowd_shares(rows))

    three = with_signatures(start, np.vstack([table, pair]), np.array([0.5, 0.1, 0.4]))

    assert without_composites(three).n_circles == 3


def test_profiles_of_all_tags_are_told_apart_by_what_marks_them(four_circles):
    """Every circle knows the crowd's tags; that does not make them one."""
    rows = Rows.of(four_circles.X)

    profiles = whole(rows, four_circles.circles, crowd=crowd_shares(rows))

    assert len(profiles.tags) == profiles.n_circles * profiles.n_tags
    assert joined_alike(profiles).n_circles == 4
    assert np.allclose(dense(profiles).sum(axis=1), 1.0)


def test_settling_ends_where_nearly_nobody_changes_sides(rows, four_circles, monkeypatch):
    """Asked for thirty steps, clear circles take a few."""
    taken = []

    def noticed(*given, **words):
        taken.append(given)
        return expect(*given, **words)

    monkeypatch.setattr(mixture, "expect", noticed)
    start = seeded(rows, four_circles.circles, crowd=crowd_shares(rows))
    settle(refine(start, rows, steps=1), rows, steps=30)

    assert 2 < len(taken) < 15


def test_nobody_vouches_for_the_profiles_that_judge_them():
    """Small circles told by all tags go on foretelling what is hidden of people, step by step."""
    planted = nested_topics(3_000, 1, broad=6, narrow=4)
    everything = damped_rows(Rows.of(planted.X), unit=1.0)
    held_back, everyone = HeldBack.of(everything, Canon.of(everything), seed=0), np.arange(3_000)
    people, crowd = held_back.left(everything, everyone), crowd_shares(everything)
    trial = held_back.trial(everything, everyone, crowd=crowd)
    start = counted(people, planted.truth, crowd=crowd)

    crossed_out = trial.bits(refine(start, people, steps=8))
    by_all = trial.bits(crossed(start, people, folds=1, steps=8))

    assert crossed_out > 0.8 * trial.bits(start)
    assert crossed_out > 1.2 * by_all
