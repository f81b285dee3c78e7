"""Levels: circles that merge upward into coarser ones, losing as little as can be."""

from dataclasses import dataclass

import numpy as np

from models.rows import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Ladder:
    """Merges of circles, cheapest first.

    Attributes
    ----------
    first, second : ndarray of shape (n_circles - 1,)
        The circles joined at each step; the lower number goes on as the name of both.
    costs : ndarray of shape (n_circles - 1,)
        Log-likelihood lost by each merge.
    """

    first: IntArray
    second: IntArray
    costs: FloatArray

    def groups(self, count: int) -> IntArray:
        """Return the group of each circle when about `count` groups are left."""
        size = len(self.costs) + 1
        names = np.arange(size)
        for step in range(max(size - max(count, 1), 0)):
            names[names == self.second[step]] = self.first[step]
        return np.asarray(np.unique(names, return_inverse=True)[1])


def parents(mass: FloatArray) -> IntArray:
    """Return the coarser circle each circle belongs to, shape (n_circles,); -1 if it has none.

    The ladder is cut before the merge whose price jumps most over the one before it, among the
    cuts that leave at most half as many circles. Circles left by themselves have no parent.
    """
    count = len(mass)
    if count < 4:
        return np.full(count, -1)
    steps = ladder(mass)
    jumps = np.diff(np.log(np.maximum(steps.costs, 1e-12)))
    fewest_merges = count - count // 2
    merges = fewest_merges + int(np.argmax(jumps[fewest_merges - 1 :]))
    groups = steps.groups(count - merges)
    shared = np.bincount(groups)[groups] > 1
    names = np.full(count, -1)
    names[shared] = np.unique(groups[shared], return_inverse=True)[1]
    return names


def ladder(mass: FloatArray) -> Ladder:
    """Merge the pair of circles whose tags tell least apart, again and again.

    `mass` holds tag weights, circles x tags. The agglomerative information bottleneck (Slonim &
    Tishby 1999): the price of a merge is the likelihood lost when two circles share one profile.
    """
    mass = mass.copy()
    count = len(mass)
    worth = np.array([content(row) for row in mass])
    price = np.full((count, count), np.inf)
    for i in range(count):
        price[i, i + 1 :] = prices(mass, worth, i, np.arange(i + 1, count))
    alive = np.ones(count, dtype=bool)
    first, second, costs = [], [], []
    for _ in range(count - 1):
        i, j = divmod(int(np.argmin(price)), count)
        first.append(i)
        second.append(j)
        costs.append(price[i, j])
        mass[i] += mass[j]
        worth[i] = content(mass[i])
        alive[j] = False
        price[j, :] = price[:, j] = np.inf
        others = np.flatnonzero(alive & (np.arange(count) != i))
        price[np.minimum(i, others), np.maximum(i, others)] = prices(mass, worth, i, others)
    return Ladder(np.array(first, int), np.array(second, int), np.array(costs, float))


def content(row: FloatArray) -> float:
    """Log-likelihood of tag weights under their own shares."""
    total = row.sum()
    return float(x_log_x(row).sum() - total * np.log(max(total, 1e-300)))


def prices(mass: FloatArray, worth: FloatArray, one: int, others: IntArray) -> FloatArray:
    """Log-likelihood lost by merging circle `one` with each of `others`."""
    together = np.array([content(mass[one] + mass[other]) for other in others])
    return np.asarray(worth[one] + worth[others] - together)


def x_log_x(x: FloatArray) -> FloatArray:
    """Return x ln x, 0 at 0."""
    return np.asarray(x * np.log(np.maximum(x, 1e-300)))
