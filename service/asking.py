"""Asking a snapshot for people: whom a call means, who is left out, and what may be told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import Request

from segmentation import saved
from segmentation.audience import Audience
from segmentation.bitmaps import NOBODY
from segmentation.conditions import IDENTITY, TIER
from segmentation.database import Database
from segmentation.guard import Figure
from segmentation.index import Snapshot
from segmentation.keys import Key
from service.audiences import AudienceAsked
from service.errors import Forbidden, InvalidValue
from service.pace import Pace

AnyAsked = TypeVar("AnyAsked", bound=AudienceAsked)


@dataclass(frozen=True)
class Asked:
    """An audience somebody asked for, and whether they may know exactly how many it holds.

    Blurred figures are those of the run as it was `published`: were tiers set by hand in them,
    whoever may set them could move one person in and out and see in which other parts they are.
    """

    snapshot: Snapshot
    audience: Audience
    published: Audience
    purpose: str | None
    is_exact: bool

    def size(self) -> dict[str, Any]:
        """How many it holds, as far as the caller may know."""
        if self.is_exact:
            return facts_of(Figure.exactly(len(self.audience)))
        return facts_of(self.guarded())

    def guarded(self) -> Figure:
        """How many it holds for callers who may not list them."""
        return self.snapshot.guard.tell(self.published, self.purpose)

    def explanation(self) -> dict[str, Any]:
        """Its parts with how many each holds, as far as the caller may know."""
        if self.is_exact:
            return self.audience.explain()
        guard, audience = self.snapshot.guard, self.published
        return audience.explain(lambda part: guard.tell(audience, self.purpose, part).count)


def ask(request: Request, snapshot: Snapshot, key: Key, text: str, *, purpose: str | None) -> Asked:
    """Answer a filter for a caller, without those who refuse the purpose."""
    request.scope["coterie.purpose"] = purpose
    hidden = NOBODY if purpose is None else snapshot.audiences.refusing(purpose)
    audience = published = snapshot.audience(text, hidden=hidden)
    if audience.uses(TIER) and snapshot.overlay.seq:
        published = snapshot.as_published.audience(text, hidden=hidden)
    may_list = key.allows("members") or key.allows("export")
    if audience.uses(IDENTITY) and not may_list:
        raise Forbidden(
            f"A filter on `{IDENTITY}` needs a key with the scope `members`: "
            "it can single a person out."
        )
    if not may_list:
        cast(Pace, request.app.state.figures).spend(key.key_id)
    return Asked(snapshot, audience, published, purpose, may_list)


def filter_of(request: Request, asked: AnyAsked) -> AnyAsked:
    """Put the filter and purpose of a saved audience in the place of its id."""
    if asked.audience_id is None:
        return asked
    if asked.filter:
        raise InvalidValue(
            "Give either `filter` or `audience_id`, not both.", field="body.audience_id"
        )
    found = saved.find(database_of(request), asked.audience_id)
    purpose = asked.purpose or found.purpose
    return asked.model_copy(update={"filter": found.filter, "purpose": purpose})


def facts_of(figure: Figure) -> dict[str, Any]:
    """A figure as it goes out."""
    return {**vars(figure), "approximate": not figure.exact}


def database_of(request: Request) -> Database:
    """Return the application's database, opened when first needed."""
    opened = cast(Callable[[], Database], request.app.state.database)
    return opened()
