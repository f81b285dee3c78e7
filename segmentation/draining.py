"""Taking everything out of a queue that others go on filling."""

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


def drained(waiting: deque[Item], most: int | None = None) -> Iterator[Item]:
    """Take out what waits by now, or the oldest of it; several may drain one queue at once."""
    for _ in range(len(waiting) if most is None else min(most, len(waiting))):
        try:
            yield waiting.popleft()
        except IndexError:
            return
