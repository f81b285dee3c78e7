"""Discovering circles and placing people."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits

from models.circles import CircleClusterer
from models.profiles import TagProfiles, assign
from models.rows import Rows

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def fitted(four_circles):
    """Circles of the planted people."""
    return CircleClusterer().fit(four_circles.X)


def test_planted_circles_are_found(fitted, four_circles):
    """Their number and their people."""
    assert fitted.n_circles_ == 4
    assert adjusted_mutual_info_score(four_circles.circles, fitted.labels_) > 0.85


def test_labels_equal_predictions(fitted, four_circles):
    """Fitting ends with the one assignment function."""
    assert (fitted.predict(four_circles.X) == fitted.labels_).all()
    assert (fitted.predict(sparse.csr_matrix(four_circles.X)) == fitted.labels_).all()


def test_a_shuffled_table_gives_the_same_model(fitted, four_circles):
    """Byte for byte, whatever the order of the rows and the number of threads."""
    order = np.random.default_rng(5).permutation(four_circles.X.shape[0])
    with threadpool_limits(2):
        again = CircleClusterer().fit(four_circles.X[order])

    for name, array in fitted.model_.to_arrays().items():
        assert array.tobytes() == again.model_.to_arrays()[name].tobytes(), name
    assert (again.labels_ == fitted.labels_[order]).all()


def test_circles_are_numbered_from_the_largest(fitted):
    """Signatures and parents stand in the same order."""
    sizes = np.bincount(fitted.labels_[fitted.labels_ >= 0])

    assert (np.diff(sizes) <= 0).all()
    assert fitted.profiles_.shape[0] == len(fitted.parents_) == 4
    assert np.allclose(fitted.profiles_.sum(axis=1), 1.0)


def test_raw_scale_moves_nobody_much(fitted, four_circles):
    """Counts a thousand times as high draw the same circles."""
    scaled = CircleClusterer().fit(four_circles.X * 1000.0)

    assert adjusted_mutual_info_score(scaled.labels_, fitted.labels_) > 0.95


@pytest.mark.parametrize("count", [4, 8, 16, 32])
def test_the_number_of_circles_comes_from_the_data(planted, count):
    """Within one of what was planted."""
    X = planted(circles=count, users=600 * count, tags_a_user=18.0, seed=count).X

    assert abs(CircleClusterer().fit(X).n_circles_ - count) <= 1


@pytest.mark.parametrize("asked", [2, 4, 8])
def test_about_as_many_circles_as_asked(planted, asked):
    """Coarser and finer than the data's own eight."""
    X = planted(circles=8, users=2400, seed=2).X

    found = CircleClusterer(asked).fit(X)

    assert abs(found.n_circles_ - asked) <= 1


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_the_coverage_asked_is_the_coverage_given(four_circles, coverage):
    """Within one point of the people with enough tags, and predictions agree."""
    model = CircleClusterer(coverage=coverage).fit(four_circles.X)
    enough = np.diff(four_circles.X.indptr) >= 2

    assert abs((model.labels_[enough] >= 0).mean() - coverage) < 0.01
    assert (model.predict(four_circles.X) == model.labels_).all()


def test_chance_makes_no_circle(planted):
    """People drawn from one background are placed nowhere."""
    model = CircleClusterer().fit(planted(signal=0.0).X)

    assert model.n_circles_ == 0
    assert (model.labels_ == -1).all()
    assert model.memberships(planted(signal=0.0).X).nnz == 0


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (40, 1), (25, 2)])
def test_tiny_tables_are_answered_honestly(shape):
    """Few people or one tag: no circle, no crash."""
    model = CircleClusterer().fit(np.ones(shape))

    assert (model.labels_ == -1).all()


def test_no_circle_is_smaller_than_asked(planted):
    """Neither than the share asked for nor than twenty people."""
    X = planted(circles=8, users=1600, seed=2).X

    for share, fewest in ((0.25, 400), (0.0, 20)):
        labels = CircleClusterer(min_circle_share=share).fit(X).labels_
        assert np.bincount(labels[labels >= 0]).min() >= fewest


def test_every_person_outside_has_a_reason(fitted, four_circles):
    """And nobody inside has one."""
    said = fitted.reasons(four_circles.X)

    assert ((said == "") == (fitted.labels_ >= 0)).all()
    assert set(said) <= {"", "far", "ambiguous", "too_few_tags"}


def test_one_row_is_explained_at_a_time(fitted, four_circles):
    """More rows are counted in the message, not taken for one long row."""
    with pytest.raises(ValueError, match="`x` must be one row, got 2"):
        fitted.explain(four_circles.X[:2])


def test_a_generator_seeds_a_fit(fitted, four_circles):
    """As with any estimator of scikit-learn; the same state gives the same circles."""
    labels = [
        CircleClusterer(random_state=np.random.RandomState(7)).fit(four_circles.X).labels_
        for _ in range(2)
    ]

    assert (labels[0] == labels[1]).all()


@pytest.mark.parametrize("wrong", [-1, 2**32, 1.5, "a", True])
def test_a_seed_that_is_none_is_named(four_circles, wrong):
    """Before any work, with what was given."""
    with pytest.raises(ValueError, match="`random_state` must be an int in"):
        CircleClusterer(random_state=wrong).fit(four_circles.X)


def test_a_row_is_explained_however_it_is_given(fitted, four_circles):
    """As one row of a matrix, a flat sparse row, a flat array or a list."""
    X = four_circles.X
    ways = [X[[3]], X[3], X[[3]].toarray()[0], X[[3]].toarray()[0].tolist()]

    told = [fitted.explain(x) for x in ways]

    assert {explanation.log_odds for explanation in told} == {told[0].log_odds}
    assert told[0].circle == fitted.labels_[3] or fitted.labels_[3] == -1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_circles": 0}, r"`n_circles` must be None or an int >= 1, got 0"),
        ({"n_circles": 2.5}, r"`n_circles` must be None or an int >= 1, got 2.5"),
        ({"max_circles": 0}, r"`max_circles` must be an int >= 1, got 0"),
        ({"coverage": 1.5}, r"`coverage` must be None or in \(0, 1\], got 1.5"),
        ({"min_circle_share": -0.1}, r"`min_circle_share` must be in \[0, 1\), got -0.1"),
    ],
)
def test_wrong_parameters_are_named(wrong, message):
    """With the value given."""
    with pytest.raises(ValueError, match=message):
        CircleClusterer(**wrong).fit(np.ones((5, 2)))


def test_negative_weights_are_refused():
    """A return is no interest."""
    with pytest.raises(ValueError, match="Negative values"):
        CircleClusterer().fit(np.array([[1.0, -1.0], [2.0, 1.0]]))


def test_a_skewed_real_set_is_not_one_big_circle(shared_data):
    """Online Retail fools naive clustering; no circle of ours holds 60 % of the people."""
    import pandas as pd

    events = pd.read_parquet(shared_data / "online_retail" / "events.parquet")
    events = events[events.value > 0]
    users, row = np.unique(events.user_id.astype(str), return_inverse=True)
    tags, column = np.unique(events.tag.astype(str), return_inverse=True)
    ones = np.ones(len(events))
    X = sparse.csr_array((ones, (row, column)), shape=(len(users), len(tags)))

    model = CircleClusterer().fit(X)

    assert model.n_circles_ >= 2
    assert np.bincount(model.labels_[model.labels_ >= 0]).max() < 0.6 * len(users)


FRESH = """
import hashlib
from models.circles import CircleClusterer
from tests.models.conftest import plant
model = CircleClusterer().fit(plant(users=9000, circles=5, seed=4).X)
told = b"".join(array.tobytes() for array in model.model_.to_arrays().values())
print(model.n_circles_, hashlib.sha256(told + model.labels_.tobytes()).hexdigest())
"""


def test_threads_and_fresh_processes_do_not_show():
    """One thread, two and four, each in a process of its own: the same bytes."""
    answers = set()
    for threads in ("1", "2", "4"):
        names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        done = subprocess.run(
            [sys.executable, "-c", FRESH],
            capture_output=True, text=True, check=True, cwd=ROOT,
            env=os.environ | dict.fromkeys(names, threads),
        )  # fmt: skip
        answers.add(done.stdout)

    assert len(answers) == 1
    assert not answers.pop().startswith("0 ")


@pytest.mark.slow
def test_ten_thousand_people_are_placed_alike_every_way(planted, tmp_path):
    """Fitted, in a batch, one by one and after a reload: labels, strengths and margins."""
    X = planted(users=10_000, circles=6, second=0.3, seed=8).X
    model = CircleClusterer().fit(X)
    np.savez(tmp_path / "model.npz", **model.model_.to_arrays())
    with np.load(tmp_path / "model.npz") as arrays:
        reloaded = TagProfiles.from_arrays(arrays)
    batch, rows = model.assign(X), Rows.of(X)

    alone = [assign(reloaded, rows.part(row, row + 1)) for row in range(rows.n_rows)]

    assert batch.labels.tobytes() == model.labels_.tobytes()
    for name in ("labels", "noise", "confidence", "margins"):
        one_by_one = np.concatenate([getattr(answer, name) for answer in alone])
        assert one_by_one.tobytes() == getattr(batch, name).tobytes(), name
    strengths = np.concatenate([answer.members.values for answer in alone])
    assert strengths.tobytes() == batch.members.values.tobytes()
