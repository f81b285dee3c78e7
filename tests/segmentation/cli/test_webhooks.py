"""Webhooks from the command line, to a real receiver."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from segmentation.cli.app import main
from segmentation.signing import verify
from segmentation.store import Store
from tests.receivers import receiving
from tests.service.stores import RUNS, fill


@pytest.fixture
def coterie(tmp_path, capsys):
    """Run one command on a store of its own and read its answer."""
    store = fill(tmp_path / "store", RUNS[:1], users=40)

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--store", str(store), "--json"])
        run.code = ended.value.code
        return json.loads(capsys.readouterr().out or "{}")

    run.store = store
    return run


def test_from_taking_a_receiver_on_to_letting_it_go(coterie):
    """Told of a tier set by hand, by a message the shown secret opens; what fails can be seen."""
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    with Store(coterie.store).snapshot() as snapshot:
        everyone = [held.user_id for held in snapshot.standings()]
        user = next(each for each in everyone if not snapshot.user(each)["refuses"])
    with receiving() as receiver:
        made = coterie("webhooks", "add", receiver.url, "--loopback")
        coterie("tiers", "set", user, "platinum", "--until", until, "--reason", "a friend")
        receiver.answers = [(500, {})]
        failed = coterie("webhooks", "deliver", "--once", "--loopback")
        (row,) = coterie("webhooks", "list")["webhooks"]
        again = coterie("webhooks", "redeliver", made["endpoint_id"])
        fresh = coterie("webhooks", "rotate", made["endpoint_id"])

    ((headers, body),) = receiver.posts
    verify(body, headers, secret=made["secret"], now=datetime.now(UTC))
    assert receiver.told[0]["user_id"] == user
    assert (failed, row["pending"], row["failures"], "secret" in row) == ({"sent": 1}, 1, 1, False)
    assert (again["revived"], fresh["secret"] != made["secret"]) == (0, True)
    assert coterie("webhooks", "dead", made["endpoint_id"]) == {"messages": []}
    assert coterie("webhooks", "remove", made["endpoint_id"]) == {"removed": made["endpoint_id"]}
    assert coterie("webhooks", "list") == {"webhooks": []}


def test_a_place_that_is_not_of_the_open_internet_is_bad_usage(coterie):
    """Exit code 2, and nobody is taken on."""
    coterie("webhooks", "add", "http://127.0.0.1/")

    assert coterie.code == 2
    assert coterie("webhooks", "list") == {"webhooks": []}
