"""Levels: circles that merge upward into coarser ones, losing as little as can be."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import complete, fcluster
from scipy.spatial.distance import squareform

from models.rows import FloatArray, IntArray

FEWEST = 4
"""Circles that need a map at all."""
PLAIN = 0.18
"""Least mean silhouette of circles in their families. Circles planted without families stay
below 0.14, lifestyles reach 0.174, families that share a third of their tags 0.19."""


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

    Circles join by the distance of their farthest members, and the tree is cut where they lie
    closest to their own family and farthest from the next (Rousseeuw 1987, "Silhouettes"). Where
    no cut sets families apart there is no level above: every answer is -1. Nor has a circle left
    by itself a parent.
    """
    count = len(mass)
    nobody = np.full(count, -1)
    if count < FEWEST:
        return nobody
    apart = distances(mass)
    tree = complete(squareform(apart, checks=False))
    cuts = [fcluster(tree, groups, "maxclust") for groups in range(2, count // 2 + 1)]
    worth = [plainness(apart, cut) for cut in cuts]
    best = int(np.argmax(worth))
    return families(cuts[best]) if worth[best] >= PLAIN else nobody


def distances(mass: FloatArray) -> FloatArray:
    """Return how far apart circles' tags are, whatever their sizes, shape (n_circles, n_circles).

    The likelihood lost when two circles share one profile, less what chance alone costs two
    samples of the same one (half a unit a tag, Wilks 1938), per unit of their harmonic mean.
    """
    total = mass.sum(axis=1)
    worth = np.array([content(row) for row in mass])
    apart = np.zeros((len(mass), len(mass)))
    for one in range(len(mass) - 1):
        others = np.arange(one + 1, len(mass))
        by_chance = np.count_nonzero(mass[one] + mass[others] > 1.0, axis=1) / 2
        lost = np.maximum(prices(mass, worth, one, others) - by_chance, 0.0)
        scale = (total[one] + total[others]) / np.maximum(total[one] * total[others], 1e-12)
        apart[one, others] = apart[others, one] = lost * scale
    return apart


def plainness(apart: FloatArray, labels: IntArray) -> float:
    """Mean silhouette of circles in their families, in [-1, 1]; no family at all is worth -1.

    A circle alone counts 0.
    """
    names, own, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if not 1 < len(names) < len(labels):
        return -1.0
    circles = np.arange(len(labels))
    sums = apart @ (own[:, None] == np.arange(len(names)))
    inside = sums[circles, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[circles, own] = np.inf
    outside = means.min(axis=1)
    shape = (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-300)
    return float(np.where(sizes[own] > 1, shape, 0.0).mean())


def families(labels: IntArray) -> IntArray:
    """Number the families of two circles or more by their first circle; -1 for circles alone."""
    _, first, member, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    shared = sizes > 1
    order = np.where(shared, first, len(labels))
    names = np.where(shared, np.argsort(np.argsort(order, kind="stable"), kind="stable"), -1)
    return np.asarray(names[member], dtype=np.int64)


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
