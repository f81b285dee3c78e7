"""One whole number out of whatever scikit-learn's users give as `random_state`."""

from numbers import Integral
from typing import TypeAlias

import numpy as np

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None
SEEDS = 2**32


def seed_of(random_state: RandomState) -> int:
    """Return the seed: the number itself, 0 for None, the next draw of a generator.

    Raises
    ------
    ValueError
        When it is neither, or out of range.
    """
    if random_state is None:
        return 0
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(SEEDS))
    is_number = isinstance(random_state, Integral) and not isinstance(random_state, bool)
    if not is_number or not 0 <= int(random_state) < SEEDS:
        raise ValueError(
            f"`random_state` must be an int in [0, {SEEDS - 1}], a generator of numpy or None, "
            f"got {random_state!r}."
        )
    return int(random_state)
