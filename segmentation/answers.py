"""Turn the packed records of an index into the rows that callers read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from segmentation.amounts import AS_IT_IS, teller
from segmentation.billionths import WHOLE, share
from segmentation.layout import NO_TIME, NONE
from segmentation.packed import Packed

Row: TypeAlias = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IN_COMMON = 16_384  # standings and courses kept in words


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words that records point into.

    `tiers` are the policy's, lowest first; `all_tiers` go on with those an older policy had.
    `benefits` are those of each tier, `circles` the id, facet and name of each circle, `scales`
    the parts of an amount by its name.
    """

    tiers: Sequence[str]
    all_tiers: Sequence[str]
    stages: Sequence[str]
    reasons: Sequence[str]
    reason_codes: Sequence[list[str]]
    policy_versions: Sequence[str]
    benefits: Sequence[list[Row]]
    circles: Sequence[Row]
    scales: Mapping[str, int] = field(default_factory=dict)


class Answers:
    """What is told of users and changes of tier, by their places in a snapshot's own order.

    What many users have in common is put into words once.
    """

    def __init__(self, vocabulary: Vocabulary, packed: Packed) -> None:
        self._words = vocabulary
        self._packed = packed
        self._reasons = (*vocabulary.reasons, None)  # `NONE` finds the last
        self._influence, self._value, self._score = (
            teller(vocabulary.scales.get(name, AS_IT_IS))
            for name in ("influence", "value", "score")
        )
        self._standing = lru_cache(IN_COMMON)(self._worded_standing)
        self._course = lru_cache(IN_COMMON)(self._worded_course)

    def user(self, row: int, user_id: str) -> Row:
        """Everything known of a user but their consent."""
        fields = self._packed.user(row)
        propensity, low, high, currency, stickiness, influence, value, score, *places = fields
        standing, course, interest, lifestyle = places
        circles, reasons = self._words.circles, self._reasons
        return {
            "user_id": user_id,
            "circles": [
                {**circles[place], "strength": strength / WHOLE, "rank": rank}
                for place, strength, rank in self._packed.memberships(row)
            ],
            "reasons": {"interest": reasons[interest], "lifestyle": reasons[lifestyle]},
            "share_propensity": {
                "estimate": share(propensity),
                "low": share(low),
                "high": share(high),
            },
            "social_currency": share(currency),
            "influence": self._influence(influence),
            "value": self._value(value),
            "stickiness": share(stickiness),
            "tier": self._held(standing, score, with_benefits=True),
            "lifecycle": dict(self._course(course)),
        }

    def tier(self, row: int) -> Row | None:
        """The tier a user holds and why, None when they hold none."""
        record = self._packed.user(row)
        return self._held(record.standing, record.score, with_benefits=False)

    def with_benefits(self, told: Row) -> Row:
        """A tier and why, with what it gives."""
        words = self._words
        return {**told, "benefits": words.benefits[words.tiers.index(told["tier"])]}

    def change(self, place: int, user_id: str) -> Row:
        """One change of tier."""
        record, words = self._packed.change(place), self._words
        return {
            "user_id": user_id,
            "before": word(words.all_tiers, record.before),
            "after": word(words.all_tiers, record.after),
            "reason_codes": words.reason_codes[record.reason_codes],
            "policy_version": words.policy_versions[record.policy_version],
            "at": moment(record.at),
        }

    def _held(self, standing: int, score: float, *, with_benefits: bool) -> Row | None:
        if standing == NONE:
            return None
        return {**self._standing(standing, with_benefits), "score": self._score(score)}

    def _worded_standing(self, place: int, with_benefits: bool) -> Row:
        record, words = self._packed.standing(place), self._words
        told = {
            "tier": words.tiers[record.tier],
            "score": None,
            "reason_codes": words.reason_codes[record.reason_codes],
            "since": moment(record.since),
            "review_after": moment(record.review_after),
        }
        return self.with_benefits(told) if with_benefits else told

    def _worded_course(self, place: int) -> Row:
        if place == NONE:
            return dict.fromkeys(("stage", "previous_stage", "since"))
        record, stages = self._packed.course(place), self._words.stages
        return {
            "stage": word(stages, record.stage),
            "previous_stage": word(stages, record.previous_stage),
            "since": moment(record.since),
        }


def word(words: Sequence[str], place: int) -> str | None:
    """The word at a place, None for no word."""
    return None if place == NONE else words[place]


@lru_cache(maxsize=16_384)  # people share their times: those of a few runs
def moment(microseconds: int) -> str | None:
    """A time such as `2026-11-01T02:00:00Z`, None for no time."""
    if microseconds == NO_TIME:
        return None
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()[:-6] + "Z"
