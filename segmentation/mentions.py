"""Where a text names a person: their id by itself, not as a part of another's."""

import json
import re

AROUND = "[^0-9A-Za-z_-]"


def mention(user_id: str, *, deep: int = 1) -> str:
    """A pattern, for Python and RE2 alike, that finds a person in JSON.

    `deep` is how many times it was written as JSON, one within another.
    """
    words = user_id
    for _ in range(deep):
        words = json.dumps(words, ensure_ascii=False)[1:-1]
    return f"(?:^|{AROUND}){re.escape(words)}(?:{AROUND}|$)"
