"""How often a key may call: a bucket of calls for each key that refills with time."""

import time
from collections import OrderedDict
from collections.abc import Callable

from service.errors import TooOften

MOST_KEYS = 10_000


class Pace:
    """Lets each caller make `burst` calls at once and `per_second` in the long run.

    Each worker counts for itself. A pace of 0 lets everyone pass.
    """

    def __init__(
        self,
        per_second: float,
        *,
        burst: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, caller: str, calls: float = 1.0) -> None:
        """Take calls out of a caller's bucket; raises `TooOften` when it does not hold them."""
        if not self._per_second:
            return
        now = self._clock()
        left, seen = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - seen) * self._per_second)
        self._buckets[caller] = (left - calls if left >= calls else left), now
        while len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        if left < calls:
            raise TooOften(
                "The key calls too often. Wait as long as `Retry-After` says.",
                after_seconds=(calls - left) / self._per_second,
            )
