"""Turn the packed records of an index into the rows that callers read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from segmentation.layout import NO_TIME, NONE, ChangeRecord, UserRecord

Row: TypeAlias = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words that records point into.

    `tiers` are the policy's, lowest first; `all_tiers` go on with those an older policy had.
    `benefits` are those of each tier, `circles` the id, facet and name of each circle.
    """

    tiers: Sequence[str]
    all_tiers: Sequence[str]
    stages: Sequence[str]
    reasons: Sequence[str]
    reason_codes: Sequence[list[str]]
    policy_versions: Sequence[str]
    benefits: Sequence[list[Row]]
    circles: Sequence[Row]

    def user(self, user_id: str, record: UserRecord, circles: list[Row]) -> Row:
        """Everything known of a user."""
        return {
            "user_id": user_id,
            "circles": circles,
            "reasons": {
                "interest": word(self.reasons, record.interest_reason),
                "lifestyle": word(self.reasons, record.lifestyle_reason),
            },
            "share_propensity": {
                "estimate": known(record.share_propensity),
                "low": known(record.share_low),
                "high": known(record.share_high),
            },
            "social_currency": known(record.social_currency),
            "influence": known(record.influence),
            "value": known(record.value),
            "stickiness": known(record.stickiness),
            "tier": self.tier_with_benefits(record),
            "lifecycle": {
                "stage": word(self.stages, record.stage),
                "previous_stage": word(self.stages, record.previous_stage),
                "since": moment(record.stage_since),
            },
        }

    def tier_with_benefits(self, record: UserRecord) -> Row | None:
        """A user's tier and what it gives, None when they hold none."""
        if record.tier == NONE:
            return None
        told = self.tier(record)
        told["benefits"] = self.benefits[record.tier]
        return told

    def with_benefits(self, told: Row) -> Row:
        """A tier and why, with what it gives."""
        return {**told, "benefits": self.benefits[self.tiers.index(told["tier"])]}

    def tier(self, record: UserRecord) -> Row:
        """The tier a user holds, and why."""
        return {
            "tier": self.tiers[record.tier],
            "score": known(record.score),
            "reason_codes": self.reason_codes[record.reason_codes],
            "since": moment(record.tier_since),
            "review_after": moment(record.review_after),
        }

    def change(self, user_id: str, record: ChangeRecord) -> Row:
        """One change of tier."""
        return {
            "user_id": user_id,
            "before": word(self.all_tiers, record.before),
            "after": word(self.all_tiers, record.after),
            "reason_codes": self.reason_codes[record.reason_codes],
            "policy_version": self.policy_versions[record.policy_version],
            "at": moment(record.at),
        }


def word(words: Sequence[str], place: int) -> str | None:
    """The word at a place, None for no word."""
    return None if place == NONE else words[place]


def known(value: float) -> float | None:
    """A number, None for NaN."""
    return value if value == value else None


@lru_cache(maxsize=16_384)  # people share their times: those of a few runs
def moment(microseconds: int) -> str | None:
    """A time such as `2026-11-01T02:00:00Z`, None for no time."""
    if microseconds == NO_TIME:
        return None
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()[:-6] + "Z"
