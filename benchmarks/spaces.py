"""The spaces peers work in, made as their users make them; all from the same damped matrix."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

Points = npt.NDArray[np.float32]
DIMENSIONS = 64
NEIGHBOURS = 15
EXACT = 25_000


def damped(X: sparse.csr_array) -> sparse.csr_array:
    """Return 1 + ln(w) for weights above 1: TF-IDF's sublinear scaling, safe below 1."""
    X = X.copy()
    X.data = np.where(X.data > 1.0, 1.0 + np.log(np.maximum(X.data, 1.0)), X.data)
    return X


def tf_idf(X: sparse.csr_array) -> sparse.csr_array:
    """Weigh tags by rarity; rows have length 1."""
    return TfidfTransformer().fit_transform(damped(X))


def svd(X: sparse.csr_array, seed: int, *, dimensions: int = DIMENSIONS) -> Points:
    """Reduce TF-IDF by truncated SVD and scale rows to length 1."""
    count = min(dimensions, X.shape[1] - 1)
    model = TruncatedSVD(count, n_iter=4, random_state=seed)
    return normalize(model.fit_transform(tf_idf(X))).astype(np.float32)


def umap(X: sparse.csr_array, seed: int) -> npt.NDArray[np.float64]:
    """Reduce the SVD to 5 dimensions as BERTopic does (Grootendorst 2022)."""
    from umap import UMAP

    model = UMAP(
        n_neighbors=NEIGHBOURS,
        n_components=5,
        min_dist=0.0,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
    )
    return np.asarray(model.fit_transform(svd(X, seed)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Graph:
    """Pairs of people and how many neighbours they share."""

    people: int
    pairs: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]


def shared_neighbours(X: sparse.csr_array, seed: int) -> Graph:
    """Weigh each tie of the nearest-neighbour graph as PhenoGraph does (Levine et al. 2015)."""
    points = svd(X, seed)
    count = min(NEIGHBOURS + 1, len(points) - 1)
    near = nearest(points, count, seed)
    who = np.repeat(np.arange(len(points)), count)
    ties = sparse.csr_array((np.ones(near.size), (who, near.ravel())), shape=(len(points),) * 2)
    ties = ties.maximum(ties.T)
    upper = sparse.triu((ties @ ties).multiply(ties), k=1).tocoo()
    return Graph(len(points), np.column_stack(upper.coords).astype(np.int64), upper.data)


def nearest(points: Points, count: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the nearest by angle; exactly when they are few, else by nearest-neighbour descent."""
    if len(points) <= EXACT:
        model = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute")
        return model.fit(points).kneighbors(points, return_distance=False)
    from pynndescent import NNDescent

    index = NNDescent(points, n_neighbors=count, metric="cosine", random_state=seed)
    return index.neighbor_graph[0]
