"""Evidence that people tied to somebody lend."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from models.circles import CircleClusterer
from models.ties import lent

TAGS = sparse.csr_array(
    np.array([[256.0, 0.0, 0.0], [0.0, 256.0, 0.0], [0.0, 256.0, 256.0], [0.0, 0.0, 0.0]])
)


def tied(*pairs, people=4):
    """Who is tied to whom, both ways."""
    ends = np.array([*pairs, *(pair[::-1] for pair in pairs)]).T
    ones = np.ones(len(ends[0]))
    return sparse.csr_array((ones, (ends[0], ends[1])), shape=(people, people))


def test_half_the_neighbours_mean_is_added_to_what_counts():
    """256 counts 8: 8 of one's own, 1/2 of the mean of 8 and 8, 0 and 8."""
    both = lent(TAGS, tied((0, 1), (0, 2)), share=0.5)

    assert np.allclose(both[[0]].toarray() ** 0.375, [[8.0, 4.0, 2.0]])


def test_nobody_is_described_by_others_alone_and_strangers_stay_as_they_are():
    """Who has no tag gets none; who is tied to nobody keeps theirs."""
    both = lent(TAGS, tied((0, 3)), share=1.0)

    assert both[[3]].nnz == 0
    assert (both[[1, 2]] != TAGS[[1, 2]]).nnz == 0
    assert np.allclose(both[[0]].toarray(), TAGS[[0]].toarray())


def test_what_few_of_many_neighbours_do_is_left_out():
    """One in forty does not speak for all."""
    people = 41
    X = sparse.csr_array(np.vstack([[[1.0, 0.0, 0.0]], np.tile([0.0, 1.0, 0.0], (40, 1))]))
    X = sparse.lil_array(X)
    X[5, 2] = 1.0
    star = tied(*((0, other) for other in range(1, people)), people=people)

    both = lent(sparse.csr_array(X), star, share=1.0)

    assert both[0, 1] > 0
    assert both[0, 2] == 0


def test_light_people_are_placed_better_by_what_their_friends_do(planted):
    """Three tags say little; those of five friends in the same circle say the rest."""
    people = planted(users=3000, tags_a_user=2.0, noise=0.0, seed=1)
    rng = np.random.default_rng(0)
    friends = np.concatenate(
        [
            np.stack([members, rng.permutation(members)])
            for _ in range(5)
            for members in (np.flatnonzero(people.circles == circle) for circle in range(4))
        ],
        axis=1,
    )
    friends = friends[:, friends[0] != friends[1]]
    ties = tied(*friends.T.tolist(), people=3000)
    ties.data[:] = 1.0

    alone = CircleClusterer(4).fit(people.X).labels_
    helped = CircleClusterer(4).fit(lent(people.X, ties, share=0.5)).labels_

    agreed = [adjusted_mutual_info_score(people.circles, labels) for labels in (alone, helped)]
    assert agreed[1] > agreed[0] + 0.2


@pytest.mark.parametrize("share", [0.0, -1.0, 11.0, float("nan")])
def test_a_part_out_of_bounds_is_refused(share):
    """The message says what was given."""
    with pytest.raises(ValueError, match="must be above 0 and at most 10"):
        lent(TAGS, tied((0, 1)), share=share)
