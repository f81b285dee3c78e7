"""Coterie and its peers, each as its users run it.

A method makes a space once and then places everyone, at one setting or more. Those that are told a
number of circles are told each number asked for; the others decide themselves, and their setting
(smallest size, resolution, layer) is varied over a small grid, its first value being the default.
No setting is chosen with the help of labels.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.mixture import GaussianMixture

from benchmarks import spaces
from models.circles import CircleClusterer

if TYPE_CHECKING:
    from fast_plscan import PLSCAN

Labels = npt.NDArray[np.int64]
Setting = float | None
MIN_SAMPLES = 10
SIZES = (0.0015, 0.005, 0.015, 0.05)
RESOLUTIONS = (1.0, 0.05, 0.2, 0.4, 2.5)
SMALLEST = 15


@dataclass(frozen=True, eq=False)
class Placed:
    """Each person's circle (-1 for none), and users x circles if a method gives several."""

    labels: Labels
    memberships: sparse.csr_array | None = None


@dataclass(frozen=True)
class Method:
    """A way from users x tags to circles.

    `prepare` makes the space from the matrix and a seed, `place` takes space, setting and seed.
    `grid` holds the settings; None if the setting is the number of circles asked for.
    """

    prepare: Callable[[sparse.csr_array, int], Any]
    place: Callable[[Any, Any, int], Placed]
    grid: tuple[Setting, ...] | None = None
    needs: tuple[str, ...] = ()
    chooses: bool = False

    def settings(self, counts: Sequence[int]) -> Iterator[Setting]:
        """Yield the settings to try when so many circles are asked for; the default first."""
        if self.grid is not None:
            yield from self.grid
            return
        if self.chooses:
            yield None
        yield from counts

    def missing(self) -> list[str]:
        """Name the packages that are not installed."""
        return [name for name in self.needs if find_spec(name) is None]


def coterie(X: sparse.csr_array, count: Setting, seed: int) -> Placed:
    """Fit and place with the package's defaults."""
    model = CircleClusterer(None if count is None else int(count), random_state=seed).fit(X)
    return Placed(model.labels_.astype(np.int64), model.memberships(X))


def k_means(points: spaces.Points, count: int, seed: int) -> Placed:
    """Lloyd's k-means, best of three starts."""
    return Placed(KMeans(int(count), n_init=3, random_state=seed).fit_predict(points))


def mini_batch(points: spaces.Points, count: int, seed: int) -> Placed:
    """K-means on batches of 4,096 people (Sculley 2010)."""
    model = MiniBatchKMeans(int(count), batch_size=4096, n_init=3, random_state=seed)
    return Placed(model.fit_predict(points))


def gaussian(points: spaces.Points, count: int, seed: int) -> Placed:
    """A mixture of Gaussians with a variance for each dimension."""
    model = GaussianMixture(
        int(count), covariance_type="diag", reg_covar=1e-5, max_iter=60, random_state=seed
    )
    return Placed(model.fit_predict(points))


def nmf(weights: sparse.csr_array, count: int, seed: int) -> Placed:
    """Non-negative factors of TF-IDF; a person's circle is their largest one."""
    start = "nndsvd" if count <= min(weights.shape) else "random"
    parts = NMF(int(count), init=start, max_iter=120, random_state=seed).fit_transform(weights)
    return Placed(np.where(parts.max(axis=1) > 0, parts.argmax(axis=1), -1))


def lda(counts: sparse.csr_array, count: int, seed: int) -> Placed:
    """Latent Dirichlet allocation (Blei, Ng & Jordan 2003); the circle is the largest topic."""
    model = LatentDirichletAllocation(
        int(count), learning_method="online", batch_size=2048, max_iter=10, random_state=seed
    )
    return Placed(model.fit_transform(counts).argmax(axis=1))


def hdbscan(points: npt.NDArray[np.floating], share: float, seed: int) -> Placed:
    """Density clusters of the hdbscan package (McInnes & Healy 2017)."""
    from hdbscan import HDBSCAN

    size = smallest(len(points), share)
    model = HDBSCAN(min_cluster_size=size, min_samples=MIN_SAMPLES)
    return Placed(model.fit_predict(points.astype(np.float64)))


def fast_hdbscan(points: spaces.Points, share: float, seed: int) -> Placed:
    """The same by fast-hdbscan."""
    from fast_hdbscan import HDBSCAN

    size = smallest(len(points), share)
    return Placed(HDBSCAN(min_cluster_size=size, min_samples=MIN_SAMPLES).fit_predict(points))


def leiden(graph: spaces.Graph, resolution: float, seed: int) -> Placed:
    """Communities of most modularity (Traag, Waltman & van Eck 2019)."""
    import igraph

    random.seed(seed)
    igraph.set_random_number_generator(random)
    ties = igraph.Graph(n=graph.people, edges=graph.pairs)
    found = ties.community_leiden(
        "modularity", weights=graph.weights, resolution=resolution, n_iterations=4
    )
    labels = np.array(found.membership)
    people = np.bincount(labels)
    return Placed(renumbered(np.where(people[labels] >= SMALLEST, labels, -1)))


def evoc_layers(X: sparse.csr_array, seed: int) -> list[Labels]:
    """Fit EVoC; its own choice first, then its layers."""
    from evoc import EVoC

    model = EVoC(random_state=seed).fit(spaces.svd(X, seed))
    return [np.asarray(layer) for layer in (model.labels_, *model.cluster_layers_)]


def layer(layers: list[Labels], at: float, seed: int) -> Placed:
    """Take one of the layers; past the last one, the last."""
    return Placed(layers[min(int(at), len(layers) - 1)])


def plscan_tree(X: sparse.csr_array, seed: int) -> "PLSCAN":
    """Fit PLSCAN (Bot et al. 2025)."""
    from fast_plscan import PLSCAN

    return PLSCAN(min_samples=MIN_SAMPLES).fit(spaces.svd(X, seed))


def plscan(model: "PLSCAN", share: Setting, seed: int) -> Placed:
    """Take the clusters it chose, or cut its tree at a smallest size."""
    if share is None:
        return Placed(np.asarray(model.labels_))
    return Placed(np.asarray(model.min_cluster_size_cut(smallest(len(model.labels_), share)).label))


def mixed_columns(X: sparse.csr_array, seed: int) -> pd.DataFrame:
    """Make numbers of the SVD and categories of the ten commonest tags, as DenseClus wants both."""
    points = spaces.svd(X, seed)
    table = pd.DataFrame(points, columns=[f"axis {at}" for at in range(points.shape[1])])
    common = np.argsort(-np.bincount(X.indices, minlength=X.shape[1]), kind="stable")[:10]
    for at in common:
        table[f"tag {at}"] = np.where(X[:, [at]].toarray().ravel() > 0, "yes", "no")
    return table


def dense_clus(table: pd.DataFrame, share: float, seed: int) -> Placed:
    """Two UMAPs, one of numbers and one of categories, intersected; then hdbscan."""
    from denseclus import DenseClus

    size = smallest(len(table), share)
    params = {"min_cluster_size": size, "min_samples": 15, "gen_min_span_tree": False}
    model = DenseClus(random_state=seed, hdbscan_params=params)
    model.fit(table)
    return Placed(np.asarray(model.labels_))


def audience_kit(points: spaces.Points, count: int, seed: int) -> Placed:
    """The k-means of ClusterAudienceKit."""
    from clusteraudiencekit import kmeans

    return Placed(np.asarray(kmeans(points.tolist(), int(count), random_state=seed).labels))


def smallest(people: int, share: float) -> int:
    """Return the smallest size of a cluster."""
    return max(SMALLEST, round(share * people))


def renumbered(labels: Labels) -> Labels:
    """Number circles without gaps; -1 stays."""
    names, codes = np.unique(labels, return_inverse=True)
    return codes - int(names[0] == -1)


def whole(X: sparse.csr_array, seed: int) -> sparse.csr_array:
    """Take the matrix as it is."""
    return X


def broad_svd(X: sparse.csr_array, seed: int) -> spaces.Points:
    """Half the dimensions: a Gaussian needs more people for each."""
    return spaces.svd(X, seed, dimensions=32)


METHODS: dict[str, Method] = {
    "Coterie": Method(whole, coterie, chooses=True),
    "k-means": Method(spaces.svd, k_means),
    "MiniBatchKMeans": Method(spaces.svd, mini_batch),
    "GMM": Method(broad_svd, gaussian),
    "NMF": Method(lambda X, seed: spaces.tf_idf(X), nmf),
    "LDA": Method(lambda X, seed: spaces.damped(X), lda),
    "k-NN + Leiden": Method(
        spaces.shared_neighbours, leiden, RESOLUTIONS, needs=("pynndescent", "igraph")
    ),
    "SVD + hdbscan": Method(spaces.svd, hdbscan, SIZES[::2], needs=("hdbscan",)),
    "SVD + fast-hdbscan": Method(spaces.svd, fast_hdbscan, SIZES, needs=("fast_hdbscan",)),
    "UMAP + hdbscan": Method(spaces.umap, hdbscan, SIZES, needs=("umap", "hdbscan")),
    "EVoC": Method(evoc_layers, layer, tuple(map(float, range(7))), needs=("evoc",)),
    "PLSCAN": Method(plscan_tree, plscan, (None, *SIZES), needs=("fast_plscan",)),
    "DenseClus": Method(mixed_columns, dense_clus, SIZES, needs=("denseclus",)),
    "ClusterAudienceKit": Method(spaces.svd, audience_kit, needs=("clusteraudiencekit",)),
}
