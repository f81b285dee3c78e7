"""The tables of what was planted: circles, lifestyles, inclinations, currencies and lineage."""

from pathlib import Path

import numpy as np

from segmentation.simulator.lifestyles import LIFESTYLES
from segmentation.simulator.population import NONE
from segmentation.simulator.randomness import FloatArray, IntArray
from segmentation.simulator.tables import TableWriter, named, user_names
from segmentation.simulator.timeline import Period
from segmentation.simulator.vocabulary import GENERAL
from segmentation.simulator.world import World

TRUTH_TABLES = ("truth", "truth_sharing", "truth_users", "truth_tags", "truth_profiles")


def write_tag_truth(world: World, tables: TableWriter) -> None:
    """Write each tag's theme and planted currency, in log-odds of sharing."""
    vocabulary = world.vocabulary
    theme = np.where(vocabulary.theme_of == GENERAL, NONE, vocabulary.theme_of)
    columns = [vocabulary.tags, named(theme, vocabulary.themes), world.currency.shared]
    tables.write("truth_tags", columns)


def write_circle_truth(world: World, period: Period, tables: TableWriter) -> None:
    """Write the tag distribution of every circle alive in a period."""
    circles = world.states[period.number - 1].circles
    circle, tag = np.nonzero(circles.signatures * circles.is_alive[:, None])
    weight = circles.signatures[circle, tag]
    names = [named(circle, circles.names), named(tag, world.vocabulary.tags)]
    tables.write("truth_profiles", [*names, weight])


def write_user_truth(
    world: World, period: Period, rows: IntArray, propensity: FloatArray, tables: TableWriter
) -> None:
    """Write the circles, lifestyle and inclination of everyone who has joined by a period's end."""
    is_here = world.people.joined[rows] < period.end
    rows, propensity = rows[is_here], propensity[is_here]
    tables.write("truth_users", [user_names(rows), propensity, world.people.pull[rows]])
    state = world.states[period.number - 1]
    circles = np.column_stack([world.people.lifestyle[rows], state.members[rows]])
    names = [lifestyle.name for lifestyle in LIFESTYLES]
    circles[:, 1:] += np.where(circles[:, 1:] != NONE, len(names), 0)
    at, column = np.nonzero(circles != NONE)
    tables.write(
        "truth",
        [
            user_names(rows[at]),
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
