"""The level above: families of circles, with ids and names of their own that go on.

A parent is a circle whose people are those of its children. It goes through the same identity as
they do, one level up; the members table stays with the children.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.levels import parents
from models.mixture import tag_sums, with_signatures
from models.profiles import observed
from segmentation.circling import FacetCircles
from segmentation.identity import Earlier
from segmentation.kinship import lifted
from segmentation.tags import FacetMatrix

IntArray = npt.NDArray[np.int64]


def families(found: FacetCircles, matrix: FacetMatrix) -> IntArray:
    """The parent of each circle by what its people's tags have in common, -1 for none."""
    rows = observed(found.model, matrix.matrix)
    labels = found.labels.astype(np.int64)
    return parents(tag_sums(rows, labels, count=found.model.n_circles))


def raised(found: FacetCircles, parent: IntArray) -> FacetCircles:
    """The circles one level up: a person is in a parent as strongly as in its children together.

    `parent` is the number of each circle's parent, -1 for none.
    """
    belongs = incidence(parent)
    signatures = np.asarray((belongs.T @ weighed(found)).todense())
    sizes = belongs.T @ found.model.sizes
    labels = np.append(parent, -1)[found.labels].astype(np.int32)
    return FacetCircles(
        labels,
        sparse.csr_array(found.members @ belongs),
        found.reasons,
        with_signatures(found.model, signatures / np.maximum(sizes, 1e-12)[:, None], sizes),
    )


def weighed(found: FacetCircles) -> sparse.csr_array:
    """Signatures, each as heavy as its circle is large."""
    return sparse.csr_array(sparse.diags_array(found.model.sizes) @ found.model.signatures.to_csr())


def raised_before(earlier: Earlier, *, next_number: int) -> Earlier:
    """The run before one level up; numbers go on from those of its circles."""
    ids = [row["circle_id"] for row in earlier.parents]
    children = [row["circle_id"] for row in earlier.circles]
    of_child = [row.get("parent_id") for row in earlier.circles]
    parent = np.array([ids.index(each) if each in ids else -1 for each in of_child], dtype=np.int64)
    sizes = np.array([row.get("size", 1) for row in earlier.circles], dtype=np.float64)
    scaled = sparse.diags_array(sizes) @ earlier.signatures if len(sizes) else earlier.signatures
    return replace(
        earlier,
        circles=earlier.parents,
        members=lifted(earlier.members, children, of_child),
        signatures=sparse.csr_array(incidence(parent).T @ scaled),
        lineage=[],
        next_number=next_number,
    )


def incidence(parent: IntArray) -> sparse.csr_array:
    """Circles x parents, 1 where a circle is the parent's."""
    count = int(parent.max(initial=-1)) + 1
    inside = np.flatnonzero(parent >= 0)
    cells = (np.ones(len(inside)), (inside, parent[inside]))
    return sparse.csr_array(cells, shape=(len(parent), count))
