"""A planted population written as input tables, beside the truth about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np

from segmentation.errors import UsageError
from segmentation.simulator import behaviour, contents, purchases, sharing, ties
from segmentation.simulator.behaviour import ALL_CHANNELS, Events, Tastes
from segmentation.simulator.circles import crowd, found_circles
from segmentation.simulator.contents import Contents, Currency
from segmentation.simulator.difficulty import DIFFICULTIES, Difficulty, Level
from segmentation.simulator.drift import State, first_state, next_state
from segmentation.simulator.lifestyles import LABELS, LIFESTYLES, label_weights
from segmentation.simulator.population import (
    NONE,
    Population,
    place_members,
    populate,
    user_ids,
)
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw, stream
from segmentation.simulator.sharing import Attraction, Exposures
from segmentation.simulator.tables import TableWriter, named
from segmentation.simulator.ties import Ties
from segmentation.simulator.timeline import Period, timeline
from segmentation.simulator.vocabulary import GENERAL, Vocabulary, load_vocabulary

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
FEWEST_USERS = 100
CHUNK = 50_000
LABEL_KNOWN_SHARE = 0.85
REFUSALS = MappingProxyType({"*": 0.002, "marketing": 0.03, "segmentation": 0.008, "sharing": 0.01})
EVERY_PERIOD = (
    "events", "labels", "edges", "exposures", "content", "consent",
    "truth", "truth_sharing", "truth_users", "truth_tags", "truth_profiles",
)  # fmt: skip
INVITE = "invite"

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SimulationReport:
    """What was written: folders in time order, and the rows of each table over all of them."""

    users: int
    seed: int
    difficulty: Level
    as_of: datetime
    folders: tuple[Path, ...]
    rows: MappingProxyType[str, int]


@dataclass(frozen=True)
class World:
    """Everything planted before anyone acts; `states` holds one state a period."""

    seed: int
    difficulty: Difficulty
    vocabulary: Vocabulary
    periods: tuple[Period, ...]
    states: tuple[State, ...]
    people: Population
    crowd: FloatArray
    currency: Currency
    contents: Contents
    ties: Ties
    intercept: float = 0.0

    def tastes(self, period: Period) -> Tastes:
        """Return where people's tags come from in a period."""
        state = self.states[period.number - 1]
        return Tastes.of(state.members, state.circles, self.crowd, self.difficulty.loyalty)

    def attraction(self, period: Period) -> Attraction:
        """Return what draws people to contents in a period."""
        circles = self.states[period.number - 1].circles
        attraction = Attraction.of(self.contents, circles, self.currency)
        return replace(attraction, intercept=self.intercept)


def simulate(
    users: int,
    out: Path,
    *,
    seed: int = 0,
    periods: int = 1,
    difficulty: Level = "medium",
    as_of: datetime = AS_OF,
    progress: Progress | None = None,
) -> SimulationReport:
    """Write a population of planted circles, lifestyles, shares and ties.

    One period goes straight into `out`; several go into `period-01`, `period-02` and so on, each
    with its new rows alone and the truth as of its end, beside `lineage_truth.parquet`. The
    same arguments give the same bytes.
    """
    require_sense(users, periods, difficulty)
    world = plant(users, seed, DIFFICULTIES[difficulty], timeline(as_of, periods))
    folders = [out / f"period-{p.number:02d}" for p in world.periods] if periods > 1 else [out]
    totals: dict[str, int] = {}
    late: dict[int, Events] = {}
    for period, folder in zip(world.periods, folders, strict=True):
        with TableWriter(folder, EVERY_PERIOD) as tables:
            write_planted(world, period, tables)
            late = write_lived(world, period, tables, late, progress)
        totals = {name: totals.get(name, 0) + rows for name, rows in tables.rows.items()}
    if periods > 1:
        totals["lineage_truth"] = write_lineage(world, out)
    return SimulationReport(
        users, seed, difficulty, as_of, tuple(folders), MappingProxyType(totals)
    )


def require_sense(users: int, periods: int, difficulty: str) -> None:
    """Refuse a population that cannot be planted."""
    if users < FEWEST_USERS:
        raise UsageError(f"`users` must be >= {FEWEST_USERS}, got {users}.")
    if periods < 1:
        raise UsageError(f"`periods` must be >= 1, got {periods}.")
    if difficulty not in DIFFICULTIES:
        known = ", ".join(DIFFICULTIES)
        raise UsageError(f"`difficulty` must be one of {known}, got {difficulty!r}.")


def plant(users: int, seed: int, difficulty: Difficulty, periods: tuple[Period, ...]) -> World:
    """Draw the world: circles and their fate, people, contents and ties."""
    vocabulary = load_vocabulary()
    circles = found_circles(vocabulary, users, difficulty, stream(seed, "circles"))
    states = [first_state(circles, place_members(users, circles, stream(seed, "members")))]
    for period in periods[1:]:
        rng = stream(seed, "drift", period.number)
        states.append(next_state(states[-1], vocabulary, difficulty, rng))
    popularity = crowd(vocabulary, stream(seed, "crowd"))
    members = states[0].members
    people = populate(users, members, difficulty, periods, stream(seed, "people"))
    world = World(
        seed=seed,
        difficulty=difficulty,
        vocabulary=vocabulary,
        periods=periods,
        states=tuple(states),
        people=people,
        crowd=popularity,
        currency=contents.mint_currency(len(vocabulary.tags), stream(seed, "currency")),
        contents=contents.publish_contents(
            users, states[-1].circles, popularity, periods, stream(seed, "contents")
        ),
        ties=ties.tie(people, members[:, 0], periods, stream(seed, "ties")),
    )
    return replace(world, intercept=base_rate_intercept(world))


def base_rate_intercept(world: World) -> float:
    """Return the intercept that gives the base share rate, from exposures of the first people."""
    period, rng = world.periods[0], stream(world.seed, "calibration")
    rows = np.arange(min(len(world.people), CHUNK))
    tastes, attraction = world.tastes(period), world.attraction(period)
    seen = sharing.expose(rows, world.people, tastes, world.contents, period, rng)
    circles, propensity = tastes.members[seen.user], world.people.propensity[seen.user]
    return sharing.calibrated(attraction, attraction.share_odds(seen.content, circles, propensity))


def write_planted(world: World, period: Period, tables: TableWriter) -> None:
    """Write what holds for a whole period: contents, ties, and the truth about tags and circles."""
    write_contents(world, period, tables)
    made = world.ties.within(period)
    names = user_ids(np.arange(len(world.people)))
    tables.write("edges", [named(made.src, names), named(made.dst, names), made.ts])
    vocabulary, state = world.vocabulary, world.states[period.number - 1]
    theme = np.where(vocabulary.theme_of == GENERAL, NONE, vocabulary.theme_of)
    tables.write(
        "truth_tags", [vocabulary.tags, named(theme, vocabulary.themes), world.currency.shared]
    )
    signatures = state.circles.signatures * state.circles.is_alive[:, None]
    circle, tag = np.nonzero(signatures)
    tables.write(
        "truth_profiles",
        [named(circle, state.circles.names), named(tag, vocabulary.tags), signatures[circle, tag]],
    )


def write_contents(world: World, period: Period, tables: TableWriter) -> None:
    """Write the contents published in a period; the first one has the earlier ones too."""
    since = world.contents.ts >= period.start if period.number > 1 else True
    at, column = np.nonzero(world.contents.tags != NONE)
    is_new = (since & (world.contents.ts < period.end))[at]
    at, column = at[is_new], column[is_new]
    author = world.contents.author
    tables.write(
        "content",
        [
            content_names(world.contents, at),
            named(world.contents.tags[at, column], world.vocabulary.tags),
            named(author[at], [f"a{number:05d}" for number in range(int(author.max()) + 1)]),
            world.contents.ts[at],
        ],
    )


def content_names(published: Contents, numbers: IntArray) -> object:
    """Return the ids of contents by number; null for -1."""
    return named(numbers, [f"c{number:06d}" for number in range(len(published.ts))])


def write_lived(
    world: World, period: Period, tables: TableWriter, late: dict[int, Events],
    progress: Progress | None,
) -> dict[int, Events]:  # fmt: skip
    """Let people live through a period, a chunk at a time; return what falls into later ones."""
    tastes, attraction = world.tastes(period), world.attraction(period)
    panel = stream(world.seed, "panel").integers(0, len(world.contents.ts), sharing.PANEL)
    later: dict[int, Events] = {}
    for first in range(0, len(world.people), CHUNK):
        rows = np.arange(first, min(first + CHUNK, len(world.people)))
        write_facts(world, period, rows, tables)
        propensity = sharing.mean_propensity(rows, world.people, tastes, attraction, panel)
        write_user_truth(world, period, rows, propensity, tables)
        carried = [late[first]] if first in late else []
        later[first] = write_acts(world, period, rows, tastes, attraction, carried, tables)
        if progress:
            done = (period.number - 1 + (rows[-1] + 1) / len(world.people)) / len(world.periods)
            progress("simulate", done)
    return later


def write_acts(
    world: World, period: Period, rows: IntArray, tastes: Tastes, attraction: Attraction,
    carried: Sequence[Events], tables: TableWriter,
) -> Events:  # fmt: skip
    """Write what some people do and see in a period; return what they do after its end."""
    rng = stream(world.seed, "acts", period.number, int(rows[0]))
    people = world.people
    seen = sharing.expose(rows, people, tastes, world.contents, period, rng)
    odds = attraction.share_odds(
        seen.content, tastes.members[seen.user], people.propensity[seen.user]
    )
    seen = replace(seen, probability=sharing.sigmoid(odds))
    outcome = sharing.respond(seen, people, tastes, world.contents, attraction, rng)
    acts = sharing.joined(
        *carried,
        behaviour.behave(rows, people, tastes, period, rng),
        purchases.buy(rows, people, tastes, period, rng),
        referrals(world, period, rows),
        outcome.events,
    )
    write_events(world, acts, acts.ts < period.end, tables)
    write_exposures(world, seen, outcome.shared_at, period, tables)
    return chosen(acts, acts.ts >= period.end)


def referrals(world: World, period: Period, rows: IntArray) -> Events:
    """Return the invitations these people sent in a period that were taken up."""
    made = world.ties.within(period)
    own = made.is_invitation & (made.src >= rows[0]) & (made.src <= rows[-1])
    src, ts = made.src[own], made.ts[own]
    same = np.ones_like(src)
    channel = ALL_CHANNELS.index("refer") * same
    return Events(src, ts, channel, len(world.crowd) * same, same.astype(float), NONE * same)


def chosen(events: Events, mask: np.ndarray) -> Events:
    """Return some of the events."""
    return Events(*(getattr(events, name)[mask] for name in Events.__dataclass_fields__))


def write_events(world: World, acts: Events, mask: np.ndarray, tables: TableWriter) -> None:
    """Write events ordered by user and time."""
    acts = chosen(acts, mask)
    order = np.lexsort((acts.value, acts.content, acts.tag, acts.channel, acts.ts, acts.user))
    acts = chosen(acts, order)
    tables.write(
        "events",
        [
            people_names(acts.user),
            acts.ts,
            named(acts.channel, ALL_CHANNELS),
            named(acts.tag, (*world.vocabulary.tags, INVITE)),
            acts.value,
            content_names(world.contents, acts.content),
        ],
    )


def people_names(numbers: IntArray) -> object:
    """Return the ids of the people of one chunk."""
    if len(numbers) == 0:
        return named(numbers, [])
    first = int(numbers.min())
    return named(numbers - first, user_ids(np.arange(first, int(numbers.max()) + 1)))


def write_exposures(
    world: World, seen: Exposures, shared_at: IntArray, period: Period, tables: TableWriter
) -> None:
    """Write who saw what with the outcome known at the end, and the planted probabilities."""
    order = np.lexsort((seen.ts, seen.content, seen.user))
    user, content, ts = seen.user[order], seen.content[order], seen.ts[order]
    shared = shared_at[order] != NONE
    known = shared & (shared_at[order] < period.end)
    who, what = people_names(user), content_names(world.contents, content)
    tables.write("exposures", [who, what, ts, known.astype(np.int8)])
    tables.write("truth_sharing", [who, what, ts, seen.probability[order], shared.astype(np.int8)])


def write_facts(world: World, period: Period, rows: IntArray, tables: TableWriter) -> None:
    """Write labels and refusals of those who joined in a period; the first has all before it."""
    rng = stream(world.seed, "facts", int(rows[0]))
    joined = world.people.joined[rows]
    since = joined >= period.start if period.number > 1 else True
    is_new = since & (joined < period.end)
    write_labels(world, rows, is_new, rng, tables)
    refused = {purpose: rng.random(len(rows)) < share for purpose, share in REFUSALS.items()}
    at, purpose = np.nonzero(np.column_stack(list(refused.values())) & is_new[:, None])
    granted = np.zeros(len(at), dtype=bool)
    tables.write("consent", [people_names(rows[at]), named(purpose, list(refused)), granted])


def write_labels(
    world: World, rows: IntArray, is_new: np.ndarray, rng: np.random.Generator,
    tables: TableWriter,
) -> None:  # fmt: skip
    """Write what is known of people; some labels are missing."""
    lifestyle = world.people.lifestyle[rows] % (len(LIFESTYLES) + 1)
    words = [label for labels in LABELS.values() for label in labels]
    drawn, offset = [], 0
    for namespace, labels in LABELS.items():
        label = draw(cumulative(label_weights(namespace)), lifestyle, rng, len(labels)) + offset
        drawn.append(np.where(rng.random(len(rows)) < LABEL_KNOWN_SHARE, label, NONE))
        offset += len(labels)
    table = np.column_stack(drawn)
    at, namespace_at = np.nonzero((table != NONE) & is_new[:, None])
    columns = [named(namespace_at, list(LABELS)), named(table[at, namespace_at], words)]
    tables.write("labels", [people_names(rows[at]), *columns])


def write_user_truth(
    world: World, period: Period, rows: IntArray, propensity: FloatArray, tables: TableWriter
) -> None:
    """Write the circles, lifestyle and inclination of everyone who has joined by a period's end."""
    is_here = world.people.joined[rows] < period.end
    rows, propensity = rows[is_here], propensity[is_here]
    tables.write("truth_users", [people_names(rows), propensity, world.people.pull[rows]])
    state = world.states[period.number - 1]
    circles = np.column_stack([world.people.lifestyle[rows], state.members[rows]])
    names = [lifestyle.name for lifestyle in LIFESTYLES]
    circles[:, 1:] += np.where(circles[:, 1:] != NONE, len(names), 0)
    at, column = np.nonzero(circles != NONE)
    tables.write(
        "truth",
        [
            people_names(rows[at]),
            named((column > 0).astype(np.int64), ["lifestyle", "interest"]),
            named(circles[at, column], [*names, *state.circles.names]),
            np.maximum(column, 1).astype(np.int8),
        ],
    )


def write_lineage(world: World, out: Path) -> int:
    """Write what became of every circle in every period."""
    names = world.states[-1].circles.names
    rows = [
        (period.number, change.event, names[change.circle], [names[c] for c in change.sources])
        for period, state in zip(world.periods, world.states, strict=True)
        for change in state.changes
    ]
    with TableWriter(out, ["lineage_truth"]) as tables:
        tables.write("lineage_truth", list(zip(*rows, strict=True)))
    return tables.rows["lineage_truth"]
