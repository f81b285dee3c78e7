"""A person's tags from the events of one call, weighed as the batch weighs them.

The batch sums millions of events by compiled kernels (`models.windows`); for one person's few the
same whole numbers are added up here without a compiler, and a test holds the two together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp2, floor, sqrt

from segmentation.answers import EPOCH

UNIT = 1 << 20
FIRST_MOMENT = 631_152_000_000_000
LEAST_RATIO = 0.1
PARTS = 1e6
DAY = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing a person did: where, with which tag, how much of it, and when if that is known.

    Acts on one content in one channel at one time are one act on each of its tags.
    """

    channel: str
    tag: str
    value: float = 1.0
    at: datetime | None = None
    content_id: str | None = None

    @property
    def look(self) -> tuple[str | None, str, datetime | None]:
        """What the acts have in common that are one act on a content with several tags."""
        return self.content_id, self.channel, self.at


@dataclass(frozen=True, kw_only=True)
class Tastes:
    """How a facet reads events: which channels, what is usual in each, how fast it forgets.

    `channels` are those it reads, or with `are_left_out` those it does not.
    """

    channels: tuple[str, ...]
    are_left_out: bool
    typical: Mapping[str, float]
    half_life_days: float
    clip: float

    def reads(self, act: Act) -> bool:
        """Whether an act speaks of a taste."""
        return act.value >= 0 and (act.channel in self.channels) != self.are_left_out

    def weigh(self, acts: Iterable[Act]) -> dict[str, float]:
        """Weigh each tag as seen from the latest act."""
        read = [act for act in acts if self.reads(act)]
        rows = Counter(act.look for act in read if act.content_id is not None)
        half_life = self.half_life_days * DAY
        moments = [windows_since(act.at, half_life) for act in read]
        latest = max((moment for moment in moments if moment is not None), default=0.0)
        sums: dict[str, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
        for act, moment in zip(read, moments, strict=True):
            window = None if moment is None else floor(moment)
            within = 0.0 if moment is None or window is None else moment - window
            sums[act.tag][window] += round(self._amount(act, rows.get(act.look, 1)) * exp2(within))
        weighed = {tag: seen_from(latest, windows) for tag, windows in sums.items()}
        return {tag: weight for tag, weight in weighed.items() if weight > 0}

    def _amount(self, act: Act, rows: int) -> float:
        typical = self.typical.get(act.channel)
        ratio = sqrt(sqrt(act.value / typical)) / rows if typical else 0.0
        ratio = floor(ratio * PARTS + 0.5) / PARTS
        return UNIT * min(max(ratio, LEAST_RATIO), self.clip)


def windows_since(at: datetime | None, half_life: float) -> float | None:
    """How many half-lives after 1990 a time is; None for no time."""
    if at is None:
        return None
    since = at - EPOCH
    moment = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return (moment - FIRST_MOMENT) / half_life


def seen_from(latest: float, windows: Mapping[int | None, int]) -> float:
    """Add up a tag's windows, each halved once for every window since, as the kernel does."""
    last = floor(latest)
    total, before = 0.0, last
    for window in sorted(window for window in windows if window is not None):
        total = total * 0.5 ** (window - before) if total > 0.0 else total
        total += windows[window]
        before = window
    units = total * 0.5 ** (last - before) * exp2(last - latest) + windows.get(None, 0)
    return round(units) / UNIT
