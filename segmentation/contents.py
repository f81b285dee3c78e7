"""A content as questions name it."""

from dataclasses import dataclass

from segmentation.errors import UsageError

PURPOSE = "sharing"
"""Whoever refused this teaches no model of sharing, and is not answered for."""


@dataclass(frozen=True)
class Content:
    """A content the run knows, by its id, or any other, by its tags and perhaps its author.

    Raises
    ------
    UsageError
        When it has both an id and tags, or neither.
    """

    content_id: str | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None

    def __post_init__(self) -> None:
        if (self.content_id is None) == (not self.tags):
            raise UsageError("Name a content by its id or by its tags: one of them.")
