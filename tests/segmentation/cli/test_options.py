"""What commands do with a store that is not there."""

import pytest

from segmentation.cli.app import main
from segmentation.cli.options import read_database_of
from segmentation.keys import list_keys
from segmentation.policy import BUILT_IN
from tests.snapshots import build_snapshot

ASKING = (
    "tiers history ann",
    "tiers notices",
    f"tiers simulate --policy {BUILT_IN}",
    f"tiers apply --policy {BUILT_IN}",
    "tiers set ann gold --until 2027-01-01 --reason r",
    "tiers lift ann",
    "keys list",
    "keys rotate key",
    "keys revoke key",
    "circles decided",
    "circles undo",
    "circles rename interest-1 Tea --reason r",
    "circles retire interest-1 --reason r",
    "webhooks list",
    "webhooks add https://example.org/hook",
    "webhooks dead hook",
    "webhooks redeliver hook",
    "webhooks deliver --once",
    "lift list",
)


@pytest.fixture
def no_database_elsewhere(monkeypatch):
    """The database lies in the store."""
    monkeypatch.delenv("COTERIE_DATABASE_URL", raising=False)


@pytest.mark.usefixtures("no_database_elsewhere")
@pytest.mark.parametrize("line", ASKING)
def test_a_store_that_is_not_there_is_told_and_not_made(line, tmp_path, capsys):
    """Whether a command reads or writes: a mistyped folder stays what it is."""
    store = tmp_path / "stroe"

    with pytest.raises(SystemExit) as stopped:
        main([*line.split(), "--store", str(store)])

    assert stopped.value.code == 2
    assert f"There is no store at `{store}`." in capsys.readouterr().err
    assert not store.exists()


@pytest.mark.usefixtures("no_database_elsewhere")
def test_reading_makes_no_database_in_a_store_without_one(tmp_path, capsys):
    """Nothing is known there, which is an answer."""
    build_snapshot(tmp_path / "runs" / "run", users=10).close()

    with pytest.raises(SystemExit) as stopped:
        main(["tiers", "history", "ann", "--store", str(tmp_path), "--json"])
    with read_database_of(tmp_path) as database:
        known = list_keys(database)

    assert stopped.value.code == 0
    assert capsys.readouterr().out == '{"user_id": "ann", "changes": []}\n'
    assert known == []
    assert not (tmp_path / "coterie.db").exists()


@pytest.mark.usefixtures("no_database_elsewhere")
def test_a_key_may_be_the_first_thing_in_a_store(tmp_path, capsys):
    """Keys are handed out before anything is published."""
    with pytest.raises(SystemExit) as stopped:
        main(["keys", "create", "--name", "first", "--store", str(tmp_path / "new")])

    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("cot_")
    assert (tmp_path / "new" / "coterie.db").exists()
