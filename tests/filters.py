"""Filters drawn at random, for tests of whatever reads or answers them."""

from hypothesis import strategies as st

from segmentation.filter_tree import And, Node, Not, Or, Restriction, Value
from tests.snapshots import INTEREST, LIFESTYLE, STAGES, TAGS, TIERS, user_id

CIRCLES = [f"interest-{number + 1}" for number in range(len(INTEREST) + 1)]
CIRCLES += [f"lifestyle-{number + 1}" for number in range(len(LIFESTYLE))]
SHARES = ("share_propensity", "social_currency", "influence", "stickiness")
EQUALITIES = ("=", ":", "!=")
COMPARATORS = ("=", "!=", "<", "<=", ">", ">=")


def restriction(
    fields: st.SearchStrategy[tuple[str, ...]],
    comparators: tuple[str, ...],
    values: st.SearchStrategy[str],
) -> st.SearchStrategy[Restriction]:
    """A condition with these fields, comparators and values, taken literally."""
    return st.builds(
        lambda field, comparator, value: Restriction(field, comparator, Value((value,), 1), 1),
        fields,
        st.sampled_from(comparators),
        values,
    )


def fields(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Some fields, cut at their dots."""
    return st.sampled_from([tuple(name.split(".")) for name in names])


def wildcards() -> st.SearchStrategy[Restriction]:
    """Conditions with a wildcard somewhere."""
    asked = [
        (("tag",), ("", "")),
        (("tag",), ("ga", "ing")),
        (("circle",), ("interest-", "")),
        (("facet", "primary"), ("", "-2")),
        (("interest", "primary"), ("", "")),
        (("label", "household"), ("", "")),
        (("tier",), ("", "l", "")),
        (("stage",), ("re", "")),
        (("value",), ("", "")),
        (("user_id",), ("user-", "")),
        (("user_id",), ("", "")),
        (("user_id",), ("用", "")),
    ]
    return st.builds(
        lambda pair, comparator: Restriction(pair[0], comparator, Value(pair[1], 1), 1),
        st.sampled_from(asked),
        st.sampled_from([":"]),
    )


def restrictions(users: int = 500) -> st.SearchStrategy[Restriction]:
    """Conditions on every field there is."""
    numbers = st.floats(-0.2, 1.2).map(repr) | st.integers(0, 20).map(lambda n: repr(n / 20))
    return st.one_of(
        restriction(fields("circle", "facet.primary"), EQUALITIES, st.sampled_from(CIRCLES)),
        restriction(
            fields("interest.primary", "lifestyle.primary"), EQUALITIES, st.sampled_from(CIRCLES)
        ),
        restriction(fields("tag"), EQUALITIES, st.sampled_from([*TAGS, "nobody has this"])),
        restriction(
            fields("label.household", "label.city"),
            EQUALITIES,
            st.sampled_from(["mom", "single", "first=tier", "none"]),
        ),
        restriction(fields("tier"), COMPARATORS, st.sampled_from(TIERS)),
        restriction(fields("stage"), COMPARATORS, st.sampled_from(STAGES)),
        restriction(fields(*SHARES), COMPARATORS, numbers),
        restriction(fields("value"), COMPARATORS, st.floats(-20, 120).map(repr)),
        restriction(
            fields("user_id"), COMPARATORS, st.integers(0, users + 50).map(user_id) | st.text()
        ),
        wildcards(),
    )


def trees(users: int = 500) -> st.SearchStrategy[Node]:
    """Filters of several conditions, nested."""

    def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(parts, min_size=2, max_size=4).map(tuple)
        return st.one_of(st.builds(Not, parts), st.builds(And, several), st.builds(Or, several))

    return st.recursive(restrictions(users), joined, max_leaves=8)
