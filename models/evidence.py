"""What was known before an exposure, turned from counts into the numbers a model learns from."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from models.shrinkage import FloatArray

Counts: TypeAlias = Mapping[str, FloatArray]

DAY = 86_400_000_000
EARLY_SHARES, EARLY_EXPOSURES = 1.0, 20.0  # what the crowd's rate is before anybody shared
PSEUDO_SHARES = {"user": 1.0, "content": 1.0, "author": 2.0, "tag": 3.0, "circle": 5.0,
                 "circle_tag": 3.0}  # fmt: skip

COUNTS = (
    "moment", "user_last_at", "crowd_exposures", "crowd_shares", "user_exposures", "user_shares",
    "user_events", "user_events_30d", "user_voice", "user_private", "user_ties",
    "content_exposures", "content_shares", "author_exposures", "author_shares",
    "tag_exposures", "tag_shares", "circle_exposures", "circle_shares",
    "circle_tag_exposures", "circle_tag_shares", "user_tag_private",
)  # fmt: skip
USER = ("exposures", "shares", "events", "voice", "private", "ties")
"""What is counted of a user, over all time."""
FEATURES = (
    "user_exposures", "user_shares", "user_lift", "recency_days", "events", "events_30d",
    "voice", "ties", "tag_match", "content_exposures", "content_lift", "author_lift",
    "tag_lift", "circle_lift", "resonance", "all_lifts",
)  # fmt: skip

GROUPS = {
    "past shares of the user": ("user_exposures", "user_shares", "user_lift"),
    "past shares of the content": ("content_exposures", "content_lift", "author_lift"),
    "currency of its tags": ("tag_lift",),
    "circle and resonance": ("circle_lift", "resonance"),
    "pooled evidence": ("all_lifts",),
    "reactions: likes, comments": ("voice",),
    "activity and recency": ("recency_days", "events", "events_30d"),
    "match with the user's tastes": ("tag_match",),
    "ties": ("ties",),
}
"""What features are about, for leaving them out."""


def features(counts: Counts) -> FloatArray:
    """Return the design matrix, shape (n, len(FEATURES)), of the `COUNTS` before each exposure.

    A lift is the natural log of a share rate over the rate expected of it, pulled toward 0 while
    few shares were expected. A user is expected to share like their circle, a circle like the
    crowd; `tag_lift` is the social currency of the content's tags so far and `resonance` what
    the circle adds to it. NaN means nothing was known.
    """
    crowd = crowd_rate(counts)
    circle = lift(counts, "circle", expected_rate=crowd)
    tag = lift(counts, "tag", expected_rate=crowd)
    user = circle + lift(counts, "user", expected_rate=crowd * np.exp(circle))
    content = lift(counts, "content", expected_rate=crowd * np.exp(tag))
    resonance = lift(counts, "circle_tag", expected_rate=crowd * np.exp(circle + tag))
    recency = (counts["moment"] - counts["user_last_at"]) / DAY
    columns = (
        np.log1p(counts["user_exposures"]), counts["user_shares"], user, recency,
        np.log1p(counts["user_events"]), np.log1p(counts["user_events_30d"]),
        np.log1p(counts["user_voice"]), np.log1p(counts["user_ties"]), tag_match(counts),
        np.log1p(counts["content_exposures"]), content,
        lift(counts, "author", expected_rate=crowd), tag, circle, resonance,
        user + tag + content + resonance,
    )  # fmt: skip
    return np.stack(columns).T  # each column in one piece: models read them one at a time


def taken_apart(X: FloatArray) -> FloatArray:
    """Return features in which each column speaks of one thing: the user beside their circle.

    The sum of the lifts says nothing of its own and becomes 0.
    """
    parts = np.array(X)
    user, circle, total = (FEATURES.index(n) for n in ("user_lift", "circle_lift", "all_lifts"))
    parts[:, user] -= parts[:, circle]
    parts[:, total] = 0.0
    return parts


def put_together(parts: FloatArray) -> FloatArray:
    """Return the features that `taken_apart` made parts of; changes `parts` into them."""
    columns = dict(zip(FEATURES, parts.T, strict=True))
    columns["user_lift"] += columns["circle_lift"]
    columns["all_lifts"][:] = sum(
        columns[name] for name in ("user_lift", "tag_lift", "content_lift", "resonance")
    )
    return parts


def crowd_rate(counts: Counts) -> FloatArray:
    """Return everybody's share rate so far, shape (n,), never 0."""
    shares, exposures = counts["crowd_shares"], counts["crowd_exposures"]
    return (shares + EARLY_SHARES) / (exposures + EARLY_EXPOSURES)


def lift(counts: Counts, of: str, *, expected_rate: FloatArray) -> FloatArray:
    """Return ln((shares + m) / (expected shares + m)), a gamma-Poisson shrunk log rate ratio."""
    pseudo = PSEUDO_SHARES[of]
    expected = counts[f"{of}_exposures"] * expected_rate
    return np.asarray(np.log((counts[f"{of}_shares"] + pseudo) / (expected + pseudo)))


def tag_match(counts: Counts) -> FloatArray:
    """Return the share of a user's past consumption that lies on the content's tags."""
    private = counts["user_private"]
    return np.asarray(
        np.divide(
            counts["user_tag_private"],
            private,
            out=np.full(private.size, np.nan),
            where=private > 0,
        )
    )
