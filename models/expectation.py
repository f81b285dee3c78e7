"""What people say about the circles: posteriors in which no tag vouches for itself."""

from dataclasses import dataclass

import numpy as np

from models.profiles import TagProfiles
from models.rows import FloatArray, IntArray, Rows, add_up
from models.tagtable import PAIRS_AT_ONCE, Evidence, gather

SURE = 0.6


@dataclass(frozen=True, eq=False)
class Expectations:
    """What one pass over the people adds up.

    Attributes
    ----------
    entries : ndarray of shape (n_entries,)
        Tags' worth of weight each signature entry drew, each tag judged without itself.
    background : ndarray of shape (n_tags,)
        Weight of each tag left to the crowd.
    sizes : ndarray of shape (n_circles,), grid : ndarray of shape (n_grid,)
        People by circle and by share of signal.
    log_likelihood : float
        Of all the people's tags.
    sure : ndarray of shape (n_people,)
        The circle of each person who is surely in one, else -1.
    """

    entries: FloatArray
    background: FloatArray
    sizes: FloatArray
    grid: FloatArray
    log_likelihood: float
    sure: IntArray

    @property
    def people(self) -> int:
        """How many people were looked at."""
        return len(self.sure)


def expect(profiles: TagProfiles, rows: Rows, *, tags: bool = True) -> Expectations:
    """Add up what the people say about the profiles, piece by piece in row order.

    Without `tags` the masses of entries and background, the dearest part, stay 0.
    """
    table = profiles.table
    entries, background = np.zeros(len(table.circles)), np.zeros(profiles.n_tags)
    sizes, grid = np.zeros(profiles.n_circles), np.zeros(len(profiles.grid))
    sure = np.full(rows.n_rows, -1)
    by_chance = np.log(profiles.background)
    log_likelihood = rows.n_rows * float(np.log(profiles.noise))
    cost = table.cost(rows)
    for first, part in rows.parts(cost, limit=PAIRS_AT_ONCE):
        belief = Belief.of(profiles, gather(table, part), part)
        if tags:
            mass = belief.without_itself(part)
            entries += add_up(belief.evidence.entry, mass.pairs, len(entries))
            background += add_up(part.columns, mass.crowd, profiles.n_tags)
        sizes += belief.sizes(profiles.n_circles)
        grid += belief.posterior.sum(axis=1)
        log_likelihood += belief.gain() + float(part.values @ by_chance[part.columns])
        sure[first : first + part.n_rows] = belief.sure()
    return Expectations(entries, background, sizes, grid, log_likelihood, sure)


@dataclass(frozen=True, eq=False)
class TokenMass:
    """Weight each pair of tag and circle drew, and what each tag left to the crowd."""

    pairs: FloatArray
    crowd: FloatArray


@dataclass(frozen=True, eq=False)
class Belief:
    """Posterior of circle and signal share for some rows, scaled to the likeliest.

    Attributes
    ----------
    joint : ndarray of shape (n_grid, n_slots)
        Weight of each circle touched, by signal share.
    rest : ndarray of shape (n_grid, n_rows)
        Weight of all circles not touched.
    scale : ndarray of shape (n_rows,)
        Logarithm of the likeliest weight, taken out of the others.
    crowd, total : ndarray of shape (n_rows,)
        Weight of the background; weight of everything.
    """

    profiles: TagProfiles
    evidence: Evidence
    joint: FloatArray
    rest: FloatArray
    scale: FloatArray
    crowd: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, profiles: TagProfiles, evidence: Evidence, rows: Rows) -> "Belief":
        """Weigh every circle and signal share against the background."""
        prior = np.exp(profiles.log_priors)
        row, n = evidence.slot_row, rows.n_rows
        grid = np.log(profiles.grid_weights)[:, None]
        scores = evidence.scores + grid + profiles.log_priors[evidence.slot_circle]
        top = np.zeros(n)
        np.maximum.at(top, row, scores.max(axis=0))
        joint = np.exp(scores - top[row])
        touched = add_up(row, prior[evidence.slot_circle], n)
        rest = np.exp(evidence.unhit + grid - top) * np.maximum(prior.sum() - touched, 0.0)
        crowd = np.exp(-top)
        total = crowd + rest.sum(axis=0) + add_up(row, joint.sum(axis=0), n)
        return cls(profiles, evidence, joint, rest, top, crowd, total)

    @property
    def posterior(self) -> FloatArray:
        """Probability of each slot and signal share, shape (n_grid, n_slots)."""
        return np.asarray(self.joint / self.total[self.evidence.slot_row])

    def gain(self) -> float:
        """Log-likelihood of the rows beyond that of the background alone, its prior included."""
        return float((np.log(self.total) + self.scale).sum())

    def sizes(self, n_circles: int) -> FloatArray:
        """People's worth of probability for each circle."""
        mass = self.posterior.sum(axis=0)
        return add_up(self.evidence.slot_circle, mass, n_circles)

    def sure(self) -> IntArray:
        """The circle holding more than `SURE` of a row's probability, else -1."""
        labels = np.full(len(self.crowd), -1)
        slots = np.flatnonzero(self.posterior.sum(axis=0) > SURE)
        labels[self.evidence.slot_row[slots]] = self.evidence.slot_circle[slots]
        return labels

    def without_itself(self, rows: Rows) -> TokenMass:
        """Split each tag's weight among circles and crowd by the posterior without that tag.

        With the tag included, rare chance pairs would confirm themselves step by step and the
        share of people in no circle would sink to nothing.
        """
        evidence, table = self.evidence, self.profiles.table
        token, owner = evidence.token, rows.owners
        row = evidence.slot_row
        by_row = self.rest + np.stack([add_up(row, weights, rows.n_rows) for weights in self.joint])
        norm = self.crowd[owner].copy()
        drawn = np.zeros(len(token))
        for g, base in enumerate(table.base):
            weight = self.joint[g][evidence.slot]
            removed = np.exp(-rows.values * base)
            others = by_row[g][owner] - add_up(token, weight, len(owner))
            norm += np.maximum(others, 0.0) * removed
            gain = table.gains[g][evidence.entry]
            left = weight * removed[token] * np.exp(-rows.values[token] * gain)
            norm += add_up(token, left, len(owner))
            drawn += left * table.shares[g][evidence.entry]
        drawn /= np.maximum(norm, 1e-300)[token]
        taken = add_up(token, drawn, len(owner))
        crowd = rows.values * np.maximum(1.0 - taken, 0.0)
        return TokenMass(rows.values[token] * drawn, crowd)
