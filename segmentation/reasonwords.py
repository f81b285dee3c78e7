"""The reason codes of tiers in words that can be read aloud to whoever asks."""

from collections.abc import Iterable

from models.tiers import REASONS

BY_HAND, ENDED = "by_hand", "hand_ended"
RENAMED, GONE = "renamed", "tier_gone"
LEFT, RESTORED = "left", "restored"
WAY = "way_"
MEASURES = {
    "value": "What they are expected to spend lifted the score most.",
    "share": "How likely they are to share lifted the score most.",
    "stickiness": "How likely they are to come back lifted the score most.",
    "influence": "How many people they reach lifted the score most.",
    "tenure": "How long they have been here lifted the score most.",
}
REASON_WORDS = (
    REASONS
    | {f"by_{name}": words for name, words in MEASURES.items()}
    | {
        ENDED: "What was set by hand has ended; the tier held beneath it is in force again.",
        RENAMED: "The tier goes by another name now; nothing else changed.",
        GONE: "The policy no longer has the tier held before, so what it asks was looked at anew.",
        LEFT: "No longer among the people of the run.",
        RESTORED: "A run that was live before is in force again, and with it the tier it gave.",
    }
)
"""Every reason code with the words for people; ways of a policy have a code of their own each."""


def in_words(codes: Iterable[str]) -> list[str]:
    """Put reason codes into sentences; one nobody knows any more stays as it is."""
    return [
        f"Held by the way `{code.removeprefix(WAY)}` of the policy."
        if code.startswith(WAY)
        else REASON_WORDS.get(code, code)
        for code in codes
    ]
