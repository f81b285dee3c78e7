"""What people decided of circles: rename, merge, split, retire, and taking that back.

A decision is one row. Every later run heeds those in force, whatever it finds by itself; undoing
the last one deletes its row, so the state is byte for byte what it was before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

import orjson
import sqlalchemy as sa

from segmentation.config import FACETS, Facet
from segmentation.database import Database
from segmentation.errors import NotFound, UsageError
from segmentation.lock import StoreLock
from segmentation.sqltables import circle_decisions
from segmentation.store import Store

Kind = Literal["rename", "merge", "split", "retire"]
LONGEST_NAME = 80
LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision about circles of one facet, made while the run `run_id` was live.

    Of a merger the first of `circles` keeps its id; of a split the second is the id its other
    half will have. `signatures` say what each circle was like: share by tag.
    """

    number: int
    kind: Kind
    circles: tuple[str, ...]
    run_id: str
    at: str
    name: str | None = None
    reason: str = ""
    signatures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def facet(self) -> Facet:
        """The facet of its circles."""
        return facet_of(self.circles[0])

    @property
    def says(self) -> str:
        """The decision in words, for answers and findings."""
        return f"decision {self.number} ({self.kind} {', '.join(self.circles)})"

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain values, without the signatures."""
        return {key: value for key, value in asdict(self).items() if key != "signatures"}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Read a decision from plain values, as `asdict` and JSON leave them."""
        return cls(**{**facts, "circles": tuple(facts["circles"])})


def facet_of(circle_id: str) -> Facet:
    """The facet an id belongs to; raises `NotFound` when it names none."""
    for facet in FACETS:
        if circle_id.startswith(f"{facet}-"):
            return facet
    raise NotFound.of("circle", circle_id)


def in_force(database: Database) -> list[Decision]:
    """All decisions, the earliest first."""
    query = sa.select(circle_decisions).order_by(circle_decisions.c.number)
    with database.connect() as connection:
        return [_decision(row) for row in connection.execute(query)]


def state(database: Database) -> bytes:
    """All that was decided, as bytes: equal states are equal bytes."""
    return orjson.dumps([asdict(each) for each in in_force(database)], option=orjson.OPT_SORT_KEYS)


def rename(
    database: Database, store: Store, circle: str, name: str, *, reason: str = "", now: datetime
) -> Decision:
    """Give a circle a name; it stays with the id in every later run.

    Raises
    ------
    UsageError
        When the name is empty, too long, or another circle's.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(f"`name` must have 1 to {LONGEST_NAME} letters, got {len(name)}.")
    with StoreLock(store.path):
        live = require_live(store)
        rows = store.table(live, "circles").select(["circle_id", "name"]).to_pylist()
        if circle not in {row["circle_id"] for row in rows}:
            raise NotFound.of("circle", circle)
        given = {each.circles[0]: each.name for each in in_force(database) if each.name}
        names = {row["circle_id"]: given.get(row["circle_id"], row["name"]) for row in rows}
        for other, taken in names.items():
            if other != circle and str(taken).casefold() == name.casefold():
                raise UsageError(f"`{name}` is the name of `{other}`. Names are unique.")
        return _append(database, "rename", (circle,), live, reason, now, name=name)


def merge(
    database: Database, store: Store, circles: Sequence[str], *, reason: str = "", now: datetime
) -> Decision:
    """Make one circle of several from the next run on; the first keeps its id."""
    if len(set(circles)) < 2 or len(set(circles)) < len(circles):
        raise UsageError("A merger needs two circles or more, each named once.")
    with StoreLock(store.path):
        live, signatures = _known(store, circles)
        return _append(database, "merge", tuple(circles), live, reason, now, signatures=signatures)


def split(
    database: Database, store: Store, circle: str, *, reason: str = "", now: datetime
) -> Decision:
    """Cut a circle in two from the next run on; the id of the smaller half is told now."""
    with StoreLock(store.path):
        live, signatures = _known(store, [circle])
        child = f"{facet_of(circle)}-{_free_number(database, store, facet_of(circle))}"
        return _append(database, "split", (circle, child), live, reason, now, signatures=signatures)


def retire(
    database: Database, store: Store, circle: str, *, reason: str = "", now: datetime
) -> Decision:
    """End a circle from the next run on; its people go to their next best circle or to none."""
    with StoreLock(store.path):
        live, signatures = _known(store, [circle])
        return _append(database, "retire", (circle,), live, reason, now, signatures=signatures)


def undo(database: Database, store: Store) -> Decision:
    """Take the last decision back and return it: later runs do as if it had never been made.

    Raises
    ------
    UsageError
        When there is none.
    """
    with StoreLock(store.path), database.begin() as connection:
        last = sa.select(circle_decisions).order_by(circle_decisions.c.number.desc()).limit(1)
        row = connection.execute(last).first()
        if row is None:
            raise UsageError("Nothing was decided of circles, so there is nothing to undo.")
        ours = circle_decisions.c.number == row.number
        connection.execute(sa.delete(circle_decisions).where(ours))
        return _decision(row)


def require_live(store: Store) -> str:
    """The id of the live run; decisions are made about circles people see."""
    return store.live_folder().name


def _known(store: Store, circles: Sequence[str]) -> tuple[str, dict[str, dict[str, float]]]:
    """The live run, and what the circles named are like in it."""
    from segmentation.memory import Memory  # it loads scipy, which reading decisions does not need

    live = require_live(store)
    facet = facet_of(circles[0])
    if any(facet_of(circle) != facet for circle in circles):
        raise UsageError("Circles of different facets cannot become one.")
    memory = Memory.of(store, live, facet)
    return live, {circle: memory.shares(circle) for circle in circles}


def _free_number(database: Database, store: Store, facet: Facet) -> int:
    used = max((run["next_circle_numbers"].get(facet, 1) for run in store.runs()), default=1)
    promised = (each.circles[1] for each in in_force(database) if each.kind == "split")
    numbers = [int(child.rsplit("-", 1)[1]) for child in promised if facet_of(child) == facet]
    return max([used, *(number + 1 for number in numbers)])


def _append(
    database: Database,
    kind: Kind,
    circles: tuple[str, ...],
    run_id: str,
    reason: str,
    now: datetime,
    **more: Any,  # noqa: ANN401 - `name` or `signatures`
) -> Decision:
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"`reason` must have {LONGEST_REASON} letters at most.")
    with database.begin() as connection:
        last = connection.execute(sa.select(sa.func.max(circle_decisions.c.number))).scalar()
        row = {
            "number": (last or 0) + 1,
            "kind": kind,
            "circles": orjson.dumps(circles).decode(),
            "name": more.get("name"),
            "signatures": orjson.dumps(more.get("signatures", {})).decode(),
            "reason": reason,
            "run_id": run_id,
            "at": now,
        }
        connection.execute(sa.insert(circle_decisions).values(row))
        ours = circle_decisions.c.number == row["number"]
        return _decision(connection.execute(sa.select(circle_decisions).where(ours)).one())


def _decision(row: sa.Row[Any]) -> Decision:
    facts = dict(row._mapping)
    return Decision(
        **facts
        | {
            "circles": tuple(orjson.loads(facts["circles"])),
            "signatures": orjson.loads(facts["signatures"]),
            "at": facts["at"].isoformat(),
        }
    )
