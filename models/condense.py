"""Dense groups of people in the tag space: HDBSCAN on their nearest-neighbour graph."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import HDBSCAN

from models.kernels.nearness import keep_nearest
from models.kernels.threads import side_by_side
from models.rows import FloatArray, IntArray

BLOCK = 512


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest others of each point, nearest first, shape (n_points, k) each."""

    indices: IntArray
    distances: FloatArray


def dense_groups(
    points: npt.NDArray[np.float32],
    *,
    k: int = 15,
    min_size: int,
    min_samples: int = 10,
    max_share: float = 0.25,
) -> IntArray:
    """Label points on the unit sphere by density; -1 stands for the sparse space between.

    Campello, Moulavi & Sander (2013), "Density-based clustering based on hierarchical density
    estimates". No group may hold more than `max_share` of the points.
    """
    n = len(points)
    if n < max(2 * min_size, k + 2, min_samples + 1):
        return np.full(n, -1)
    graph = connected(symmetric(nearest(points, k), n))
    model = HDBSCAN(
        min_cluster_size=min_size,
        min_samples=min_samples,
        max_cluster_size=max(int(max_share * n), min_size),
        metric="precomputed",
        copy=False,
    )
    return np.asarray(model.fit_predict(graph).astype(np.int64))


def nearest(points: npt.NDArray[np.float32], k: int) -> Neighbours:
    """Find the exact k nearest others of each unit vector, block by block."""
    indices = np.empty((len(points), k), dtype=np.int64)
    closeness = np.empty((len(points), k))

    def work(first: int) -> None:
        here = slice(first, first + BLOCK)
        keep_nearest(points[here] @ points.T, first, indices[here], closeness[here])

    side_by_side(work, range(0, len(points), BLOCK))
    return Neighbours(indices, np.sqrt(np.maximum(2.0 - 2.0 * closeness, 0.0)) + 1e-6)


def symmetric(neighbours: Neighbours, n: int) -> sparse.csr_array:
    """Return the graph in which a tie stands when either point counts the other near."""
    k = neighbours.indices.shape[1]
    starts = np.arange(0, n * k + 1, k)
    parts = (neighbours.distances.ravel(), neighbours.indices.ravel(), starts)
    graph = sparse.csr_array(parts, shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def connected(graph: sparse.csr_array) -> sparse.csr_array:
    """Tie separate components together by edges longer than any in the graph."""
    count, component = connected_components(graph, directed=False)
    if count == 1:
        return graph
    first = np.unique(component, return_index=True)[1]
    a, b = first[:-1], first[1:]
    far = np.full(2 * len(a), graph.data.max() * 1.5 + 1.0)
    at = (np.concatenate([a, b]), np.concatenate([b, a]))
    return (graph + sparse.csr_array((far, at), shape=graph.shape)).tocsr()
