"""Compiled placing against the numpy version: the same bits for everyone."""

from dataclasses import fields, replace

import numba
import numpy as np
import pytest

from models import profiles as placing
from models.profiles import Assignment, TagProfiles, assign, belonging
from models.rows import Rows
from models.weights import on_grid

GRID = np.array([0.08, 0.28, 0.58, 0.75])


def drawn_profiles(rng: np.random.Generator, circles: int, tags: int) -> TagProfiles:
    """Random signatures, sizes and echoes; half of the circles come in twins that always tie."""
    table = rng.random((circles, tags)) * (rng.random((circles, tags)) < 0.2)
    sizes = rng.random(circles) + 0.1
    twins = circles // 2
    table[twins : 2 * twins], sizes[twins : 2 * twins] = table[:twins], sizes[:twins]
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    signatures = Rows.of(table)
    beside = np.triu(on_grid(rng.random((tags, tags)) * (rng.random((tags, tags)) < 0.1)), 1)
    echoes = Rows.of(beside + beside.T)
    return TagProfiles(
        starts=signatures.starts,
        tags=signatures.columns,
        shares=signatures.values,
        background=rng.dirichlet(np.ones(tags)),
        sizes=sizes / sizes.sum(),
        noise=float(rng.uniform(0.05, 0.6)),
        grid=GRID,
        grid_weights=rng.dirichlet(np.ones(len(GRID))),
        offset=float(rng.normal(0.0, 2.0)),
        unit=float(rng.uniform(0.8, 1.5)),
        relative=tags % 2 == 1,
        echo_starts=echoes.starts,
        echo_tags=echoes.columns,
        echo_shares=echoes.values,
    )


def drawn_people(rng: np.random.Generator, people: int, tags: int) -> np.ndarray:
    """Dense counts: some people with nothing, many with one to three tags, a few with all."""
    share = rng.choice([0.0, 2.0 / tags, 0.2, 1.0], size=(people, 1), p=[0.05, 0.45, 0.45, 0.05])
    counts = rng.geometric(0.4, (people, tags)) * rng.choice([1e-9, 1.0, 3e5], (people, 1))
    return np.where(rng.random((people, tags)) < share, counts, 0.0)


def both_ways(
    profiles: TagProfiles, X: np.ndarray, monkeypatch: pytest.MonkeyPatch, most: int = 3
) -> tuple[Assignment, Assignment]:
    """The answer of numpy and of the kernel."""
    monkeypatch.setattr(placing, "MANY", len(X) + 1)
    by_numpy = assign(profiles, X, max_circles=most)
    monkeypatch.setattr(placing, "MANY", 0)
    return by_numpy, assign(profiles, X, max_circles=most)


def assert_same_bits(one: Assignment, two: Assignment) -> None:
    """Every array of two answers, types included."""
    arrays = [field.name for field in fields(Assignment) if field.name != "members"]
    pairs = [(getattr(one, name), getattr(two, name)) for name in arrays]
    pairs += [
        (getattr(one.members, name), getattr(two.members, name))
        for name in ("starts", "columns", "values")
    ]
    for a, b in pairs:
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("seed", range(12))
def test_compiled_and_numpy_give_the_same_bits(seed, monkeypatch):
    """Thousands of random people over random circles: light, empty and heavy rows, and ties."""
    rng = np.random.default_rng(seed)
    circles, tags = int(rng.integers(1, 30)), int(rng.integers(4, 120))
    profiles = drawn_profiles(rng, circles, tags)
    X = drawn_people(rng, 700, tags)

    by_numpy, compiled = both_ways(profiles, X, monkeypatch, most=int(rng.integers(1, 5)))

    assert_same_bits(by_numpy, compiled)


def test_twins_go_to_the_first(monkeypatch):
    """Of two circles that explain a person alike, both ways choose the lower number."""
    rng = np.random.default_rng(99)
    profiles = drawn_profiles(rng, 8, 40)
    by_numpy, compiled = both_ways(profiles, drawn_people(rng, 3000, 40), monkeypatch)

    assert (by_numpy.labels >= 0).sum() > 500
    assert set(np.unique(compiled.labels)) <= {-1, 0, 1, 2, 3}
    assert_same_bits(by_numpy, compiled)


def test_everyone_placed_and_no_circle_at_all(monkeypatch):
    """The extremes of the coverage dial, and profiles without a circle."""
    rng = np.random.default_rng(5)
    X, profiles = drawn_people(rng, 600, 50), drawn_profiles(rng, 12, 50)
    none = replace(
        profiles, starts=np.zeros(1, int), tags=np.zeros(0, int), shares=np.zeros(0),
        sizes=np.zeros(0),
    )  # fmt: skip

    for asked in (replace(profiles, offset=1e3), replace(profiles, offset=-1e3), none):
        assert_same_bits(*both_ways(asked, X, monkeypatch))


def test_labels_do_not_change_without_memberships(monkeypatch):
    """Leaving the memberships out leaves all else as it was."""
    rng = np.random.default_rng(6)
    profiles, X = drawn_profiles(rng, 12, 50), drawn_people(rng, 800, 50)
    by_numpy, compiled = both_ways(profiles, X, monkeypatch, most=0)

    assert_same_bits(by_numpy, compiled)
    assert not len(compiled.members.values)
    assert compiled.margins.tobytes() == assign(profiles, X).margins.tobytes()


@pytest.mark.parametrize("most", [0, 1, 3])
@pytest.mark.parametrize("offset", [-2.0, 0.0, 3.0])
def test_labels_and_members_alone_are_those_of_the_whole_answer(most, offset, monkeypatch):
    """Circles left out because they cannot matter do not matter, compiled or not."""
    rng = np.random.default_rng(11)
    profiles = replace(drawn_profiles(rng, 40, 120), offset=offset)
    X = drawn_people(rng, 1500, 120)
    whole = assign(profiles, X, max_circles=most)

    for fewest in (0, len(X) + 1):
        monkeypatch.setattr(placing, "MANY", fewest)
        alone = belonging(profiles, X, max_circles=most)
        assert alone.labels.tobytes() == whole.labels.tobytes()
        for name in ("starts", "columns", "values"):
            one, other = getattr(alone.members, name), getattr(whole.members, name)
            assert one.tobytes() == other.tobytes(), name


def test_threads_and_pieces_do_not_show(monkeypatch):
    """One thread and two, one piece and many: the same bytes."""
    rng = np.random.default_rng(7)
    profiles, X = drawn_profiles(rng, 12, 50), drawn_people(rng, 4000, 50)
    before = numba.get_num_threads()
    whole = assign(profiles, X)

    monkeypatch.setattr("models.kernels.threads.CELLS_AT_ONCE", 500)
    try:
        for threads in (1, numba.config.NUMBA_NUM_THREADS):
            numba.set_num_threads(threads)
            assert_same_bits(whole, assign(profiles, X))
    finally:
        numba.set_num_threads(before)


def test_read_only_and_narrow_arrays_are_taken(monkeypatch):
    """Rows out of a mapped file, with other widths of numbers, need no second compilation."""
    rng = np.random.default_rng(8)
    profiles, X = drawn_profiles(rng, 6, 30), drawn_people(rng, 600, 30)
    rows = Rows.of(X)
    values = on_grid(np.sqrt(np.sqrt(rows.values)))
    narrow = Rows(rows.starts, rows.columns.astype(np.int32), values, 30)
    for array in (narrow.starts, narrow.columns, narrow.values):
        array.flags.writeable = False
    monkeypatch.setattr(placing, "MANY", 0)

    assert_same_bits(
        placing.assign_observed(profiles, narrow),
        placing.assign_observed(profiles, Rows(rows.starts, rows.columns, values, 30)),
    )


def test_without_numba_many_people_are_placed_all_the_same(monkeypatch):
    """The service's image has none."""
    rng = np.random.default_rng(9)
    profiles, X = drawn_profiles(rng, 12, 50), drawn_people(rng, placing.MANY + 100, 50)
    compiled = assign(profiles, X)

    monkeypatch.setattr(placing, "find_spec", lambda name: None)

    assert_same_bits(compiled, assign(profiles, X))
