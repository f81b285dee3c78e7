"""The one assignment function."""

import numpy as np
import pytest

from models.circles import CircleClusterer
from models.explanation import explain
from models.profiles import MANY, TagProfiles, assign, reasons


@pytest.fixture(scope="module")
def overlapping(planted):
    """People of whom a third are in two circles."""
    return planted(circles=6, second=0.35, users=3000, tags_a_user=40.0, seed=3)


@pytest.fixture(scope="module")
def profiles(overlapping):
    """Profiles fitted on them."""
    return CircleClusterer().fit(overlapping.X).model_


def same(one, two):
    """Whether two assignments are equal to the last bit."""
    return (
        one.labels.tobytes() == two.labels.tobytes()
        and one.members.values.tobytes() == two.members.values.tobytes()
        and one.members.columns.tobytes() == two.members.columns.tobytes()
        and one.noise.tobytes() == two.noise.tobytes()
        and one.margins.tobytes() == two.margins.tobytes()
    )


def test_a_row_is_placed_alike_alone_and_in_any_batch(profiles, overlapping):
    """Bitwise: labels, strengths, noise and margins; the batch is compiled, one row is not."""
    X = overlapping.X[:MANY]
    together = assign(profiles, X)

    alone = [assign(profiles, X[[row]]) for row in range(MANY)]

    assert np.concatenate([a.labels for a in alone]).tobytes() == together.labels.tobytes()
    assert np.concatenate([a.noise for a in alone]).tobytes() == together.noise.tobytes()
    assert np.concatenate([a.margins for a in alone]).tobytes() == together.margins.tobytes()
    strengths = np.concatenate([a.members.values for a in alone])
    assert strengths.tobytes() == together.members.values.tobytes()


def test_small_pieces_give_the_same_bytes(profiles, overlapping, monkeypatch):
    """How the rows are cut for memory's sake does not show."""
    monkeypatch.setattr("models.profiles.MANY", overlapping.X.shape[0] + 1)
    whole = assign(profiles, overlapping.X)
    monkeypatch.setattr("models.profiles.PAIRS_AT_ONCE", 300)

    assert same(whole, assign(profiles, overlapping.X))


def test_reloaded_profiles_place_alike(profiles, overlapping, tmp_path):
    """Through a file and back nothing changes."""
    np.savez(tmp_path / "model.npz", **profiles.to_arrays())
    with np.load(tmp_path / "model.npz") as arrays:
        again = TagProfiles.from_arrays(arrays)

    assert same(assign(profiles, overlapping.X), assign(again, overlapping.X))


def test_dense_and_sparse_rows_are_placed_alike(profiles, overlapping):
    """The kind of matrix does not matter."""
    X = overlapping.X[:100]

    assert same(assign(profiles, X), assign(profiles, X.toarray()))


def test_memberships_keep_their_rules(profiles, overlapping):
    """Primary strictly first, sums at most 1, at most two asked, outsiders empty."""
    answer = assign(profiles, overlapping.X, max_circles=2)
    strengths = answer.strengths.toarray()

    placed = answer.labels >= 0
    ranked = np.sort(strengths, axis=1)[:, ::-1]
    assert (strengths[placed].argmax(axis=1) == answer.labels[placed]).all()
    assert (ranked[placed, 0] > ranked[placed, 1]).all()
    assert strengths.sum(axis=1).max() <= 1.0
    assert (strengths > 0).sum(axis=1).max() == 2
    assert not strengths[~placed].any()


def test_people_of_two_circles_are_found_in_both(profiles, overlapping):
    """Seconds are mostly found, and few are invented."""
    answer = assign(profiles, overlapping.X)
    two = answer.members.counts >= 2
    planted_two = overlapping.seconds >= 0

    assert two[planted_two].mean() > 0.6
    assert two[~planted_two & (overlapping.circles >= 0)].mean() < 0.1


def test_contributions_add_up_and_decide(profiles, overlapping):
    """Tags' contributions are the log-odds; with the prior above 0 the person is placed."""
    answer = assign(profiles, overlapping.X)
    for row in range(300):
        told = explain(profiles, overlapping.X[[row]])

        assert abs(told.contributions.sum() - told.log_odds) < 1e-9
        if answer.n_known[row] >= profiles.min_tags and told.circle >= 0:
            total = told.log_odds + told.prior_log_odds
            assert abs(total - answer.margins[row]) < 1e-9
            assert (total > 0) == (answer.labels[row] >= 0)


def test_the_most_telling_tags_are_the_circle_s_own(profiles, overlapping):
    """The leading contribution stands in the circle's signature and speaks for it."""
    told = explain(profiles, overlapping.X[[int(np.argmax(overlapping.circles >= 0))]])
    signature = profiles.signatures.part(told.circle, told.circle + 1).columns

    assert told.tags[0] in signature
    assert told.contributions[0] > 0
    assert (np.diff(told.contributions) <= 0).all()


def test_unknown_tags_point_nowhere(profiles):
    """A person without a tag is in no circle, and the reason is said."""
    answer = assign(profiles, np.zeros((1, profiles.n_tags)))

    assert answer.labels.tolist() == [-1]
    assert reasons(answer, min_tags=2).tolist() == ["too_few_tags"]
    assert explain(profiles, np.zeros((1, profiles.n_tags))).circle == -1


def test_one_tag_is_too_few_and_background_tags_are_far(profiles):
    """Reasons tell little evidence from evidence of something else."""
    one, crowd = np.zeros(profiles.n_tags), np.zeros(profiles.n_tags)
    one[0] = 1.0
    crowd[-30:] = 1.0

    said = reasons(assign(profiles, np.stack([one, crowd])), min_tags=profiles.min_tags)

    assert said.tolist() == ["too_few_tags", "far"]


def test_a_matrix_over_other_tags_is_refused(profiles):
    """The message says what was expected and what was given."""
    with pytest.raises(ValueError, match=r"`X` must have 132 columns.*got 3"):
        assign(profiles, np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"`x` must be one row, got 2"):
        explain(profiles, np.ones((2, profiles.n_tags)))
