"""Ego networks are read as SNAP gives them, and judged as their authors did."""

import numpy as np
import pytest
from scipy import sparse

from benchmarks.egocircles import read, row, scored


@pytest.fixture
def folder(tmp_path):
    """An ego of 90 friends in three circles, each with features and ties; and a small one."""
    rng = np.random.default_rng(3)
    circle = np.arange(90) % 3
    has = rng.random((90, 30)) < np.where(np.arange(30) // 10 == circle[:, None], 0.6, 0.05)
    lines = [f"{1000 + at} " + " ".join(map(str, row)) for at, row in enumerate(has.astype(int))]
    (tmp_path / "7.feat").write_text("\n".join(lines) + "\n")
    pairs = [(a, b) for a in range(90) for b in range(a) if circle[a] == circle[b] and (a + b) % 5]
    (tmp_path / "7.edges").write_text("".join(f"{1000 + a} {1000 + b}\n" for a, b in pairs))
    groups = ["\t".join(str(1000 + at) for at in np.flatnonzero(circle == c)) for c in range(3)]
    text = "".join(f"circle{c}\t{people}\n" for c, people in enumerate(groups))
    (tmp_path / "7.circles").write_text(text + "circle3\t5555\n")
    (tmp_path / "8.feat").write_text("1 0 1\n2 1 0\n")
    (tmp_path / "8.edges").write_text("1 2\n")
    (tmp_path / "8.circles").write_text("circle0\t1\t2\n")
    return tmp_path


def test_an_ego_is_read_with_features_ties_and_circles(folder):
    """Strangers in a circle are left out, and egos of few friends."""
    (ego,) = read(folder)

    assert ego.X.shape == (90, 30 + 90)
    assert ego.circles.sum(axis=0).tolist() == [30.0, 30.0, 30.0]
    ties = ego.X.toarray()[:, 30:]
    assert (ties == ties.T).all()


def test_both_scores_are_one_for_the_truth_and_worse_for_less():
    """By hand: a circle with one stranger among four, and one missing among eight people."""
    truth = sparse.csr_array(np.array([[1], [1], [1], [1], [0], [0], [0], [0]]))
    given = sparse.csr_array(np.array([[1], [1], [1], [0], [1], [0], [0], [0]]))

    assert scored(truth, truth).balanced == scored(truth, truth).f1 == 1.0
    assert scored(truth, given).balanced == pytest.approx(1 - (1 / 4 + 1 / 4) / 2)
    assert scored(truth, given).f1 == pytest.approx(6 / 8)
    assert scored(truth, truth[:, []]).f1 == 0.0


@pytest.mark.parametrize("name", ["Coterie", "k-means"])
def test_methods_find_circles_that_are_plain(folder, name):
    """Three cliques with features of their own."""
    shown = row(name, list(read(folder)))

    assert float(shown.split()[-1]) > 0.95
