"""What people do and see in a period, written down."""

from dataclasses import dataclass, replace

import numpy as np

from segmentation.simulator import behaviour, purchases, sharing
from segmentation.simulator.events import ALL_CHANNELS, Events, chosen, joined
from segmentation.simulator.population import NONE
from segmentation.simulator.randomness import FloatArray, IntArray, stream
from segmentation.simulator.sharing import Attraction, Exposures
from segmentation.simulator.tables import TableWriter, content_names, named, user_names
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.timeline import Period
from segmentation.simulator.world import World

INVITE = "invite"


@dataclass(frozen=True)
class Lives:
    """What decides how people act in one period."""

    world: World
    period: Period
    tastes: Tastes
    attraction: Attraction
    panel: IntArray

    @classmethod
    def of(cls, world: World, period: Period) -> "Lives":
        """Prepare a period of a world."""
        rng = stream(world.seed, "panel")
        panel = rng.integers(0, len(world.contents.ts), sharing.PANEL)
        return cls(world, period, world.tastes(period), world.attraction(period), panel)

    def propensity(self, rows: IntArray) -> FloatArray:
        """Return people's mean probability of sharing over a panel of contents."""
        people, panel = self.world.people, self.panel
        return sharing.mean_propensity(rows, people, self.tastes, self.attraction, panel)

    def expose(self, rows: IntArray, rng: np.random.Generator) -> Exposures:
        """Show people contents, with the planted probability that they share each."""
        world, tastes = self.world, self.tastes
        seen = sharing.expose(rows, world.people, tastes, world.contents, self.period, rng)
        circles, inborn = tastes.members[seen.user], world.people.propensity[seen.user]
        odds = self.attraction.share_odds(seen.content, circles, inborn)
        return replace(seen, probability=sharing.sigmoid(odds))


def write_acts(lives: Lives, rows: IntArray, carried: Events | None, tables: TableWriter) -> Events:
    """Write what some people do and see in a period; return what they do after its end.

    `carried` is what an earlier period returned for the same people.
    """
    world, period, tastes = lives.world, lives.period, lives.tastes
    rng = stream(world.seed, "acts", period.number, int(rows[0]))
    seen = lives.expose(rows, rng)
    outcome = sharing.respond(seen, world.people, tastes, world.contents, lives.attraction, rng)
    acts = joined(
        *([carried] if carried else []),
        behaviour.behave(rows, world.people, tastes, period, rng),
        purchases.buy(rows, world.people, tastes, period, rng),
        referrals(world, period, rows),
        outcome.events,
    )
    write_events(world, chosen(acts, acts.ts < period.end), tables)
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


def write_events(world: World, acts: Events, tables: TableWriter) -> None:
    """Write events ordered by user and time."""
    order = np.lexsort((acts.value, acts.content, acts.tag, acts.channel, acts.ts, acts.user))
    acts = chosen(acts, order)
    tables.write(
        "events",
        [
            user_names(acts.user),
            acts.ts,
            named(acts.channel, ALL_CHANNELS),
            named(acts.tag, (*world.vocabulary.tags, INVITE)),
            acts.value,
            content_names(world.contents, acts.content),
        ],
    )


def write_exposures(
    world: World, seen: Exposures, shared_at: IntArray, period: Period, tables: TableWriter
) -> None:
    """Write who saw what with the outcome known at the end, and the planted probabilities."""
    order = np.lexsort((seen.ts, seen.content, seen.user))
    user, content, ts = seen.user[order], seen.content[order], seen.ts[order]
    shared = shared_at[order] != NONE
    known = shared & (shared_at[order] < period.end)
    who, what = user_names(user), content_names(world.contents, content)
    tables.write("exposures", [who, what, ts, known.astype(np.int8)])
    tables.write("truth_sharing", [who, what, ts, seen.probability[order], shared.astype(np.int8)])
