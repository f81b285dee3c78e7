"""Taking everything out of a queue that others go on filling."""

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


def drained(waiting: deque[Item]) -> Iterator[Item]:
    """Take out what waits by now, the oldest first; several may drain one queue at once."""
    for _ in range(len(waiting)):
        try:
            yield waiting.popleft()
        except IndexError:
            return
