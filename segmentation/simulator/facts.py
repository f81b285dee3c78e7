"""The tables that nobody's acts change: contents, ties, labels and refusals."""

import numpy as np

from segmentation.simulator.lifestyles import LABELS, LIFESTYLES, label_weights
from segmentation.simulator.population import NONE
from segmentation.simulator.randomness import IntArray, cumulative, draw, stream
from segmentation.simulator.tables import TableWriter, content_names, named, user_names
from segmentation.simulator.timeline import Period
from segmentation.simulator.world import World

LABEL_KNOWN_SHARE = 0.85
REFUSALS = {"*": 0.002, "marketing": 0.03, "segmentation": 0.008, "sharing": 0.01}


def write_contents(world: World, period: Period, tables: TableWriter) -> None:
    """Write the contents published in a period, one row a tag, ordered by id."""
    contents = world.contents
    rows = np.flatnonzero(period.has_begun(contents.ts))
    rows = rows[np.argsort(contents.number[rows])]
    at, column = np.nonzero(contents.tags[rows] != NONE)
    rows = rows[at]
    names = [f"a{number:05d}" for number in range(int(contents.author.max()) + 1)]
    tables.write(
        "content",
        [
            content_names(contents, rows),
            named(contents.tags[rows, column], world.vocabulary.tags),
            named(contents.author[rows], names),
            contents.ts[rows],
        ],
    )


def write_ties(world: World, period: Period, tables: TableWriter) -> None:
    """Write the ties made in a period."""
    made = world.ties.within(period)
    tables.write("edges", [user_names(made.src), user_names(made.dst), made.ts])


def write_people_facts(world: World, period: Period, rows: IntArray, tables: TableWriter) -> None:
    """Write labels and refusals of those of some people who joined in a period."""
    rng = stream(world.seed, "facts", int(rows[0]))
    is_new = period.has_begun(world.people.joined[rows])
    labels = draw_labels(world.people.lifestyle[rows], rng)
    words = [label for options in LABELS.values() for label in options]
    at, namespace = np.nonzero((labels != NONE) & is_new[:, None])
    columns = [named(namespace, list(LABELS)), named(labels[at, namespace], words)]
    tables.write("labels", [user_names(rows[at]), *columns])
    refused = rng.random((len(rows), len(REFUSALS))) < list(REFUSALS.values())
    at, purpose = np.nonzero(refused & is_new[:, None])
    granted = np.zeros(len(at), dtype=bool)
    tables.write("consent", [user_names(rows[at]), named(purpose, list(REFUSALS)), granted])


def draw_labels(lifestyle: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw one label a namespace, numbered through all namespaces; -1 where it is unknown."""
    lifestyle = lifestyle % (len(LIFESTYLES) + 1)
    columns, offset = [], 0
    for namespace, options in LABELS.items():
        label = draw(cumulative(label_weights(namespace)), lifestyle, rng, len(options)) + offset
        is_known = rng.random(len(lifestyle)) < LABEL_KNOWN_SHARE
        columns.append(np.where(is_known, label, NONE))
        offset += len(options)
    return np.column_stack(columns)
