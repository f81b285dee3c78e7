"""The currency of tags, the selves of circles and the levers of users, from a run."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.currency import LEVERS
from segmentation.database import open_database
from segmentation.erasure import erase
from segmentation.errors import NotFound, StoreError
from segmentation.resonance import FOLDER
from segmentation.selfimage import LEVER_TABLE, SelfImage
from segmentation.simulator import simulate
from segmentation.store import Store
from tests.segmentation.conftest import NOW


@pytest.fixture(scope="module")
def ran(run_once, tmp_path_factory):
    """A store with a run of five thousand simulated people, and their tables."""
    folder, store = tmp_path_factory.mktemp("image"), tmp_path_factory.mktemp("ran") / "store"
    simulate(5_000, folder, seed=2)
    run_once(folder, store)
    return Store(store), folder


def test_tags_shown_off_are_planted_to_shine(ran):
    """The surest tags on either side have the planted currency of their side."""
    store, folder = ran
    planted = pq.read_table(folder / "truth_tags.parquet").to_pydict()
    currency = dict(zip(planted["tag"], planted["currency"], strict=True))

    told = SelfImage(store.live_folder()).everybody(10)

    shown, kept = ([currency[row["tag"]] for row in told[side]] for side in ("shown_off", "kept"))
    assert shown
    assert kept
    assert np.mean(shown) > np.mean(kept) + 0.5
    assert all(row["z"] > 1.96 for row in told["shown_off"])


def test_a_circle_consumes_what_it_is_made_of(ran):
    """Its private self holds a tag of its own profile."""
    store, _ = ran
    snapshot = store.snapshot()
    largest = next(row for row in snapshot.circles("interest") if not row["children"])

    told = SelfImage(store.live_folder()).circle(largest["circle_id"], 20)

    own = {tag["tag"] for tag in largest["top_tags"]}
    assert own & {row["tag"] for row in told["private_self"]}
    assert all(row["consumed"] > 0 for row in told["private_self"])


def test_levers_sum_to_the_score_of_the_users_table(ran):
    """Each lever says what it adds, how many events it rests on and of which kind."""
    store, _ = ran
    users = pq.read_table(store.live_folder() / "tables" / "users.parquet").to_pylist()
    image = SelfImage(store.live_folder())

    for row in users[:40]:
        told = image.user(row["user_id"])
        assert told["social_currency"] == pytest.approx(row["social_currency"])
        assert [each["lever"] for each in told["levers"]] == list(LEVERS)
        assert all((each["adds"] > 0) == (each["count"] > 0) for each in told["levers"])


def test_a_lever_counts_its_events(ran):
    """Purchases counted by hand are those of the lever of utility."""
    store, folder = ran
    events = pq.read_table(folder / "events.parquet").to_pandas()
    bought = events[events.channel.isin(["purchase", "return"]) & (events.value > 0)]
    buyer, count = next(iter(bought.user_id.value_counts().items()))

    told = SelfImage(store.live_folder()).user(buyer)

    (utility,) = [each for each in told["levers"] if each["lever"] == "utility"]
    assert utility["count"] == count


def test_nobody_and_no_circle_are_said_so(ran):
    """An unknown id is not an empty answer."""
    image = SelfImage(ran[0].live_folder())

    with pytest.raises(NotFound):
        image.user("nobody")
    with pytest.raises(NotFound):
        image.circle("interest-999", 5)


def test_a_run_of_before_says_what_to_do(tmp_path):
    """A snapshot without these tables is told from an empty one."""
    with pytest.raises(StoreError, match="Make a run"):
        SelfImage(tmp_path).everybody(5)


def test_an_erased_person_has_no_levers(ran, run_once, population, tmp_path):
    """Erasure rewrites the table of levers."""
    run_once(population, tmp_path / "store")
    store = Store(tmp_path / "store")
    user_id = pq.read_table(store.live_folder() / FOLDER / LEVER_TABLE)["user_id"][0].as_py()

    erase(store, open_database(store.path, None), user_id, now=NOW)

    with pytest.raises(NotFound):
        SelfImage(store.live_folder()).user(user_id)
