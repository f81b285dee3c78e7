"""The way back survives crashes and goes where people expect."""

import threading
from datetime import UTC, datetime

import pytest

from segmentation.history import Entry, History, pinned, trail


def entry(action, run_id):
    """A publication of a run."""
    return Entry(at="2026-11-01T02:00:00Z", run_id=run_id, action=action)


def actions(text):
    """Publications written as `+run`, roll-backs as `-run`, pins as `*run`."""
    signs = {"+": "publish", "-": "rollback", "*": "pin"}
    return [entry(signs[word[0]], word[1:]) for word in text.split()]


@pytest.mark.parametrize(
    ("text", "live", "way"),
    [
        ("", None, ""),
        ("+a +b +c", "c", "a b c"),
        ("+a +b +c -b", "b", "a b"),
        ("+a +b +c -a +d", "d", "a d"),
        ("+a +b +a", "a", "b a"),
        ("+a +b +b", "b", "a b"),
        ("+a -x", "x", "a x"),
        ("+a +b", "a", "a"),
        ("+a +b -a", "b", "a b"),
        ("", "a", "a"),
        ("+a +b *a", "b", "a b"),
    ],
)
def test_the_way_back(text, live, way):
    """Also when a crash came between the record and the change."""
    assert trail(actions(text), live=live) == way.split()


def test_a_publication_cut_off_before_it_took_effect_is_no_step_back():
    """The next one says what was live before it, so the one between never happened."""
    entries = [
        Entry(at="", run_id="a", action="publish"),
        Entry(at="", run_id="b", action="publish", before="a"),
        Entry(at="", run_id="c", action="publish", before="a"),
    ]

    assert trail(entries, live="c") == ["a", "c"]


@pytest.mark.parametrize(("day", "kept"), [(1, {"a", "b"}), (5, {"b"}), (9, set())])
def test_a_pin_holds_until_its_time(day, kept):
    """The last pin of a run counts."""
    pins = [("a", "2026-11-09"), ("b", "2026-11-07"), ("a", "2026-11-03")]
    entries = [
        Entry(at="", run_id=run, action="pin", until=f"{end}T00:00:00Z") for run, end in pins
    ]

    assert pinned(entries, now=datetime(2026, 11, day, tzinfo=UTC)) == kept


def test_entries_come_back_as_written(tmp_path):
    """With any reason."""
    history = History(tmp_path)
    written = [*actions("+a -b"), Entry(at="t", run_id="c", action="publish", reason='"\n用')]
    for each in written:
        history.append(each)

    assert history.entries() == written


def test_a_torn_line_counts_as_never_written(tmp_path):
    """And spoils no later one."""
    history = History(tmp_path)
    history.append(entry("publish", "a"))
    with history.path.open("ab") as file:
        file.write(b'{"at":"2026-11-01T0')

    history.append(entry("publish", "b"))

    assert [each.run_id for each in history.entries()] == ["a", "b"]


def test_one_publisher_at_a_time(tmp_path):
    """The second waits for the first."""
    order, inside = [], threading.Event()

    def second():
        inside.wait()
        with History(tmp_path).held():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with History(tmp_path).held():
        inside.set()
        thread.join(timeout=0.05)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
