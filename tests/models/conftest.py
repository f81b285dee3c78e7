"""People with planted circles."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from models.rows import Rows


@dataclass(frozen=True, eq=False)
class Planted:
    """Users x tags counts, and the circles (primary, secondary; -1 for none) they came from."""

    X: sparse.csr_array
    circles: np.ndarray
    seconds: np.ndarray


def plant(
    *,
    users: int = 1500,
    circles: int = 4,
    tags_each: int = 12,
    common: int = 60,
    signal: float = 0.6,
    tags_a_user: float = 14.0,
    noise: float = 0.15,
    second: float = 0.0,
    seed: int = 0,
) -> Planted:
    """Draw people whose tags come from their circle's signature or from a shared background."""
    rng = np.random.default_rng(seed)
    width = circles * tags_each + common
    crowd = 1.0 / (np.arange(width) % (common + tags_each) + 5.0)
    crowd /= crowd.sum()
    home = rng.integers(0, circles, users)
    home[rng.random(users) < noise] = -1
    another = (home + rng.integers(1, circles, users)) % circles
    other = np.where((rng.random(users) < second) & (home >= 0), another, -1)
    counts = rng.poisson(tags_a_user, users) + 2
    owner = np.repeat(np.arange(users), counts)
    tag = rng.choice(width, len(owner), p=crowd)
    own = (home[owner] >= 0) & (rng.random(len(owner)) < signal)
    source = np.where(
        (other[owner] >= 0) & (rng.random(len(owner)) < 0.4), other[owner], home[owner]
    )
    tag[own] = source[own] * tags_each + rng.integers(0, tags_each, own.sum())
    X = sparse.csr_array((np.ones(len(owner)), (owner, tag)), shape=(users, width))
    X.sum_duplicates()
    return Planted(X, home, other)


@pytest.fixture(scope="session")
def planted() -> Callable[..., Planted]:
    """The generator; ask it for the difficulty a test needs."""
    return plant


@pytest.fixture(scope="session")
def four_circles() -> Planted:
    """Fifteen hundred people, four clear circles, 15 % in none."""
    return plant()


@pytest.fixture(scope="session")
def rows(four_circles: Planted) -> Rows:
    """Those people as observations."""
    return Rows.of(four_circles.X)
