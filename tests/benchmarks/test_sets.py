"""Sets: events become the same matrix, truth and ties land on the right people."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks import sets
from benchmarks.judges import agreement


@pytest.fixture
def folder(tmp_path):
    """Six people of two truths, three of them tied, one of them twice in the truth."""
    people = [f"u{at}" for at in range(6)]
    rows = [(who, "browse", f"t{at}", 2.0) for who in people[:5] for at in range(6)]
    rows += [("u5", "app", "t1", 60.0), ("u0", "app", "t0", 60_000.0), ("u0", "share", "t9", 1.0)]
    columns = ["user_id", "channel", "tag", "value"]
    events = pd.DataFrame(rows, columns=columns).assign(ts=pd.Timestamp("2026-01-01", tz="UTC"))
    events.to_parquet(tmp_path / "events.parquet")
    truth = [("u0", "a", 2), ("u0", "b", 1), ("u1", "a", 1), ("u2", "b", 1), ("away", "a", 1)]
    table = pd.DataFrame(truth, columns=["user_id", "circle", "rank"])
    table.to_parquet(tmp_path / "truth.parquet")
    ties = [("u1", "u0"), ("u2", "u2"), ("u3", "away"), ("u4", "u5")]
    pd.DataFrame(ties, columns=["src", "dst"]).to_parquet(tmp_path / "edges.parquet")
    return tmp_path


def test_values_count_by_their_fourth_root_in_units_of_their_channel(folder):
    """Seconds and minutes weigh alike; a share is no interest."""
    whole, _ = sets.real(folder)

    weights = whole.X.toarray()

    assert weights.shape == (6, 6)
    assert weights[0, 0] == pytest.approx(1.0 + (60_000 / 30_030) ** 0.25)
    assert weights[5].tolist() == [0.0, pytest.approx((60 / 30_030) ** 0.25), 0.0, 0.0, 0.0, 0.0]


def test_events_after_a_moment_are_not_read_if_it_is_given(folder):
    """Else the future would leak into what is judged by it."""
    assert sets.interests(folder, until=pd.Timestamp("2025-12-31", tz="UTC")).empty
    assert not sets.interests(folder, until=pd.Timestamp("2026-01-01", tz="UTC")).empty


def test_truth_is_the_first_circle_and_all_of_them(folder):
    """People without truth are in none; people without events are not asked about."""
    whole, _ = sets.real(folder)

    assert whole.truth.tolist() == [1, 0, 1, -1, -1, -1]
    assert whole.memberships.toarray().sum(axis=0).tolist() == [2.0, 2.0]


def test_ties_join_two_people_who_are_there(folder):
    """Neither to oneself nor to a stranger."""
    whole, hidden = sets.real(folder)

    assert whole.ties.tolist() == hidden.ties.tolist() == [[1, 0], [4, 5]]


def test_what_is_hidden_is_not_in_the_matrix(folder):
    """Seen and hidden together are all that people have."""
    whole, hidden = sets.real(folder)

    assert hidden.X[hidden.heldout.row, hidden.heldout.column].sum() == 0.0
    seen = hidden.heldout.seen.sum() + len(hidden.heldout.row)
    assert seen == whole.X.nnz + 1  # the shared tag is a tag, though no interest
    assert len(hidden.heldout.row) > 0
    assert hidden.truth is None


def test_the_oracle_of_the_simulator_knows_its_people():
    """Told profiles of other people or tags, it would agree with nobody."""
    data = sets.simulated("easy", 800, 3)

    assert agreement(data.truth, data.oracle) > 0.6
    assert data.X.shape == (len(data.truth), data.X.shape[1])
    assert data.memberships.shape[1] == data.planted
    inside = np.flatnonzero(data.truth >= 0)
    assert (data.memberships.toarray()[inside, data.truth[inside]] == 1.0).all()


def test_agreed_circles_share_no_tag():
    """Everyone's tags lie within their circle's twelve."""
    data = sets.agreed(200, 1)

    who, tag = data.X.nonzero()

    assert (tag // 12 == data.truth[who]).all()
    assert adjusted_mutual_info_score(data.truth, data.oracle) == pytest.approx(1.0)
