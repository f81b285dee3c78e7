"""Everything planted before anyone acts."""

from dataclasses import dataclass, replace

import numpy as np

from segmentation.simulator import contents, sharing, ties
from segmentation.simulator.circles import crowd, found_circles
from segmentation.simulator.contents import Contents, Currency
from segmentation.simulator.difficulty import Difficulty
from segmentation.simulator.drift import State, first_state, next_state
from segmentation.simulator.population import Population, place_members, populate
from segmentation.simulator.randomness import FloatArray, stream
from segmentation.simulator.sharing import Attraction
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.ties import Ties
from segmentation.simulator.timeline import Period
from segmentation.simulator.vocabulary import Vocabulary, load_vocabulary

CALIBRATION_USERS = 50_000


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


def plant(users: int, seed: int, difficulty: Difficulty, periods: tuple[Period, ...]) -> World:
    """Draw the world: circles and their fate, people, contents and ties."""
    vocabulary = load_vocabulary()
    circles = found_circles(vocabulary, users, difficulty, stream(seed, "circles"))
    states = [first_state(circles, place_members(users, circles, stream(seed, "members")))]
    for period in periods[1:]:
        rng = stream(seed, "drift", period.number)
        states.append(next_state(states, vocabulary, difficulty, rng))
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
    return calibrated(world)


def calibrated(world: World) -> World:
    """Set the intercept that gives the base share rate, from exposures of the first people."""
    period, rng = world.periods[0], stream(world.seed, "calibration")
    rows = np.arange(min(len(world.people), CALIBRATION_USERS))
    tastes, attraction = world.tastes(period), world.attraction(period)
    seen = sharing.expose(rows, world.people, tastes, world.contents, period, rng)
    circles, propensity = tastes.members[seen.user], world.people.propensity[seen.user]
    odds = attraction.share_odds(seen.content, circles, propensity)
    return replace(world, intercept=sharing.base_rate_intercept(odds))
