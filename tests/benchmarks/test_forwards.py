"""Later exposures are scored by what circles did before."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.forwards import judged, read, scored


@pytest.fixture
def folder(tmp_path):
    """Two tastes of 300 people; those of the first share a fifth of what they see."""
    rng = np.random.default_rng(2)
    people, each = 300, 8
    user = np.repeat(np.arange(people), each)
    taste = user % 2
    ts = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.random(len(user)) * 100, "D")
    table = pd.DataFrame({"user_id": [f"u{at}" for at in user], "ts": ts})
    tag = [f"t{at}" for at in taste * 10 + rng.integers(0, 10, len(user))]
    events = table.assign(channel="browse", tag=tag, value=1.0)
    shared = rng.random(len(user)) < np.where(taste == 0, 0.2, 0.01)
    events.to_parquet(tmp_path / "events.parquet")
    table.assign(shared=shared.astype(int)).to_parquet(tmp_path / "exposures.parquet")
    return tmp_path


def test_the_past_is_before_the_moment_and_the_rest_after(folder):
    """No event and no exposure on the wrong side."""
    data = read(folder, "shared")

    assert data.before.ts.max() < data.after.ts.min()
    assert len(data.before) == pytest.approx(0.7 * 2_400, abs=2)
    assert len(data.events) == len(data.before)


def test_true_circles_gain_and_no_circles_do_not(folder):
    """Who shares is told by taste alone."""
    data = read(folder, "shared")
    taste = pd.Series(np.arange(300) % 2, index=[f"u{at}" for at in range(300)])

    assert judged(data, taste).rce > 5.0
    assert judged(data, taste * 0 - 1).rce == pytest.approx(0.0, abs=1e-9)


def test_strangers_get_the_rate_of_all(folder):
    """Who did nothing before cannot have responded; that says little of what they will do."""
    data = read(folder, "shared")

    assert judged(data, pd.Series([0], index=["nobody"])).rce == pytest.approx(0.0, abs=1e-9)


def test_a_method_is_scored_by_the_circles_it_finds(folder):
    """Finer circles still tell who shares."""
    assert scored(read(folder, "shared"), "k-means").rce > 2.0
