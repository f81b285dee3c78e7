"""What people say about the circles, against the definition written out in full."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from scipy.special import logsumexp

from models import expectation
from models.expectation import SURE, expect, usual_weights
from models.profiles import TagProfiles
from models.rows import Rows

GRID = np.array([0.1, 0.4, 0.7])


@pytest.fixture(scope="module")
def profiles():
    """Seven circles over thirty tags, a few of which no circle holds."""
    rng = np.random.default_rng(0)
    table = rng.random((7, 30)) * (rng.random((7, 30)) < 0.3)
    table[:, 25:] = 0.0
    table /= table.sum(axis=1, keepdims=True)
    signatures = Rows.of(table)
    return TagProfiles(
        starts=signatures.starts, tags=signatures.columns, shares=signatures.values,
        background=rng.dirichlet(np.ones(30)), sizes=rng.dirichlet(np.ones(7)), noise=0.3,
        grid=GRID, grid_weights=np.array([0.2, 0.5, 0.3]), offset=0.4,
    )  # fmt: skip


@pytest.fixture(scope="module")
def people():
    """Three hundred people with weights of several sizes, some with one tag or none."""
    rng = np.random.default_rng(1)
    share = rng.choice([0.0, 0.04, 0.3], size=(300, 1))
    return np.where(rng.random((300, 30)) < share, rng.choice([0.5, 1.0, 2.75], (300, 30)), 0.0)


def joint(profiles: TagProfiles, weights: np.ndarray) -> np.ndarray:
    """Log-probability of a person's tags with each circle and signal share, and the crowd last."""
    table = np.zeros((profiles.n_circles, profiles.n_tags))
    table[profiles.signatures.owners, profiles.tags] = profiles.shares
    s = profiles.grid[:, None]
    inside = [np.log((1 - s) * profiles.background + s * row) @ weights for row in table]
    prior = np.log(profiles.sizes * (1 - profiles.noise)) + profiles.offset
    scores = np.array(inside) + np.log(profiles.grid_weights) + prior[:, None]
    crowd = np.log(profiles.noise) + np.log(profiles.background) @ weights
    return np.append(scores.ravel(), crowd)


def test_each_tag_is_judged_by_the_others(profiles, people):
    """Masses of entries and background equal the definition, tag by tag."""
    entries, background = np.zeros((7, 30)), np.zeros(30)
    table = np.zeros((7, 30))
    table[profiles.signatures.owners, profiles.tags] = profiles.shares
    for row in people:
        for tag in np.flatnonzero(row):
            others = row.copy()
            others[tag] = 0.0
            scores = joint(profiles, others)
            posterior = np.exp(scores - logsumexp(scores))[:-1].reshape(7, len(GRID))
            drawn = GRID * table[:, [tag]]
            drawn = drawn / (drawn + (1 - GRID) * profiles.background[tag])
            mass = (posterior * drawn).sum(axis=1)
            entries[:, tag] += row[tag] * mass
            background[tag] += row[tag] * (1 - mass.sum())

    seen = expect(profiles, Rows.of(people))

    tag = np.repeat(np.arange(30), np.diff(profiles.table.starts))
    assert np.allclose(seen.entries, entries[profiles.table.circles, tag], atol=1e-9)
    assert np.allclose(seen.background, background, atol=1e-9)


def test_usual_and_rare_weights_give_the_same_bits(profiles, people, monkeypatch):
    """What is made once for the usual weights equals what is made anew for every tag."""
    rows = Rows.of(people)
    once = expect(profiles, rows)
    assert len(usual_weights(rows)) == 3

    monkeypatch.setattr(expectation, "MOST_USUAL", 1)
    partly = expect(profiles, rows)
    monkeypatch.setattr(expectation, "MOST_USUAL", 0)
    anew = expect(profiles, rows)

    for other in (partly, anew):
        assert other.entries.tobytes() == once.entries.tobytes()
        assert other.background.tobytes() == once.background.tobytes()


def test_posteriors_add_up_as_defined(profiles, people):
    """Sizes, signal shares, likelihood and the surely placed, person by person."""
    scores = np.array([joint(profiles, row) for row in people])
    posterior = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    by_circle = posterior[:, :-1].reshape(len(people), 7, len(GRID))
    shares = by_circle.sum(axis=2)

    seen = expect(profiles, Rows.of(people), tags=False)

    touched = np.array([[(row[profiles.signatures.part(c, c + 1).columns] > 0).any()
                         for c in range(7)] for row in people])  # fmt: skip
    assert np.allclose(seen.sizes, (shares * touched).sum(axis=0), atol=1e-9)
    assert np.isclose(seen.log_likelihood, logsumexp(scores, axis=1).sum())
    sure = np.where((shares * touched).max(axis=1) > SURE, shares.argmax(axis=1), -1)
    assert (seen.sure == sure).all()
    assert not seen.entries.any()


def test_a_grid_too_fine_is_refused(profiles, people):
    """Compiled for a size, and says so."""
    fine = replace(profiles, grid=np.linspace(0.1, 0.9, 9), grid_weights=np.full(9, 1 / 9))

    with pytest.raises(ValueError, match="`grid` must have at most 6 points, got 9"):
        expect(fine, Rows.of(people))


def test_threads_do_not_show(profiles, people, monkeypatch):
    """One thread and two give the same bytes."""
    rows = Rows.of(np.vstack([people] * 20))
    monkeypatch.setattr("models.kernels.threads.CELLS_AT_ONCE", 1000)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = expect(profiles, rows)
    finally:
        numba.set_num_threads(before)

    together = expect(profiles, rows)

    assert alone.entries.tobytes() == together.entries.tobytes()
    assert alone.background.tobytes() == together.background.tobytes()
    assert alone.log_likelihood == together.log_likelihood
