"""The stages that identify circles: tags weighed, circles found, settled and given their ids."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial

import pyarrow as pa

from models.lineage import Presence
from models.remnants import Past
from models.silhouette import sampled_silhouette
from segmentation.arrays import save_arrays
from segmentation.circling import FacetCircles, asked_for, find_circles
from segmentation.config import FACETS, Facet, FacetConfig
from segmentation.context import Context
from segmentation.guiding import given_names, given_up, wishes_of
from segmentation.identity import Earlier, identify
from segmentation.memory import Memory
from segmentation.parents import families, raised, raised_before
from segmentation.presence import presence
from segmentation.progress import Advance, tell
from segmentation.settling import settle
from segmentation.tags import facet_matrix
from segmentation.ties import with_ties


def weigh_tags(context: Context, advance: Advance) -> int:
    """Valid tables -> people x tags for each facet."""
    entries = 0
    for done, name in enumerate(FACETS, start=1):
        facet = facet_matrix(
            context.bulk,
            context.config,
            name,
            context.tables,
            as_of=context.as_of,
            kept_sums=context.work.folder / "sums",
        )
        facet.save(context.work.path(f"tags/{name}.npz"))
        settings: FacetConfig = getattr(context.config.facets, name)
        if settings.ties:
            tied = with_ties(facet, context.tables, settings, name=name)
            tied.save(context.work.path(f"tags/{name}.tied.npz"))
        entries += int(facet.matrix.nnz)
        tell(advance, done, parts=len(FACETS), people=facet.matrix.shape[0])
    return entries


def fit_circles(context: Context, advance: Advance) -> int:
    """People x tags -> circles and everyone's place in them."""
    people = 0
    for done, name in enumerate(FACETS, start=1):
        found = circles_of(context, name)
        found.save(context.work.path(f"found/{name}/model.npz").parent)
        people = len(found.labels)
        tell(advance, done, parts=len(FACETS), people=people)
    return people


def circles_of(context: Context, name: Facet, about: int | None = None) -> FacetCircles:
    """Find the circles of a facet, as people wished; `about` so many, by default as asked for."""
    facet, memory = context.evidence(name), remembered(context, name)
    asked = wishes_of(name, facet.tags, memory, context.config.circles.guide, context.rulings())
    found = find_circles(
        facet,
        context.config.circles,
        name=name,
        seed=context.seed,
        memory=memory,
        wishes=asked.wishes,
        about=about,
        past=past_of(context, name),
    )
    return replace(found, conflicts=(*asked.conflicts, *found.conflicts))


def past_of(context: Context, name: Facet) -> Past | None:
    """Where people were in the run before and who was about since; None where that is unknown."""
    about = about_of(context)
    if about is None:
        return None
    earlier = Earlier.of(context.store, context.previous, name)
    return Past(earlier.labels(pa.array(context.user_ids(), pa.string())), about.after)


def about_of(context: Context) -> Presence | None:
    """Who was about before this run and before the one before it."""
    then, now = context.as_of_before(), context.as_of
    return presence(context.engine, context.tables, then=then, now=now)


def remembered(context: Context, name: Facet) -> Memory:
    """The circles of the run before."""
    return Memory.of(context.store, context.previous, name)


def settle_circles(context: Context, advance: Advance) -> int:
    """Circles -> those that stay, and how well each survives resampling."""
    refits = context.config.circles.resamples
    return sum(
        settle_facet(context, name, counter(advance, number * refits, len(FACETS) * refits))
        for number, name in enumerate(FACETS)
    )


def counter(advance: Advance, before: int, parts: int) -> Callable[[int], None]:
    """Report refits as they begin, `before` of `parts` being through."""

    def begun(people: int) -> None:
        nonlocal before
        tell(advance, min(before, parts), parts=parts, people=people)
        before += 1

    return begun


def settle_facet(context: Context, name: Facet, begun: Callable[[int], None]) -> int:
    """Test the circles of a facet, keep those that stay and return how many they are."""
    found, facet = context.found(name), context.evidence(name)
    settled = settle(
        found,
        facet,
        context.config.circles,
        about=partial(circles_of, context, name),
        asked=asked_for(context.config.circles, name) is not None,
        before=len(remembered(context, name).circle_ids),
        seed=context.seed,
        begun=partial(begun, len(found.labels)),
    )
    settled.circles.save(context.work.path(f"circles/{name}/model.npz").parent)
    save_arrays(context.work.path(f"stability/{name}.npz"), vars(settled.firmness.stability))
    labels = settled.circles.labels
    facts = {
        "silhouette": sampled_silhouette(facet.matrix, labels, seed=context.seed),
        "found": settled.found,
        "curve": [asdict(level) for level in settled.curve],
        "fell": settled.fell,
    }
    context.work.save(f"stability/{name}.json", facts)
    return settled.circles.model.n_circles


def keep_identity(context: Context, advance: Advance) -> int:
    """Circles and the run before -> permanent ids, names and lineage."""
    user_ids, kept = context.user_ids(), 0
    about = about_of(context)
    for done, name in enumerate(FACETS, start=1):
        kept += identify_facet(context, name, user_ids, about)
        tell(advance, done, parts=len(FACETS), people=len(user_ids))
    return kept


def identify_facet(
    context: Context, name: Facet, user_ids: list[str], about: Presence | None
) -> int:
    """Give the circles of a facet and the parents above them their ids; return how many there are.

    A parent's new name is none a circle has, nor the other way round.
    """
    found, matrix = context.circles(name), context.facet(name)
    earlier = Earlier.of(context.store, context.previous, name)
    identified = partial(
        identify,
        matrix=matrix,
        facet=name,
        user_ids=user_ids,
        run_id=context.work.run_id,
        denied=context.config.privacy.sensitive_tags,
        given=given_names(context.rulings(), matrix.tags, context.config.privacy.sensitive_tags),
        about=about,
    )
    names_above = [row["name"] for row in earlier.parents]
    ended = given_up(context.config.circles.guide, context.rulings(), found.keys)
    identity = identified(found, earlier=earlier, reserved=names_above, ended=ended)
    parent = families(found, matrix)
    above = identified(
        raised(found, parent),
        earlier=raised_before(earlier, next_number=identity.next_number),
        reserved=identity.names,
    )
    context.work.save(f"identity/{name}.json", identity.to_dict())
    context.work.save(f"parents/{name}.json", {"of": parent.tolist(), **above.to_dict()})
    return len(identity.circle_ids) + len(above.circle_ids)
