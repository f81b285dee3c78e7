"""The way back survives crashes and goes where people expect."""

import threading

import pytest

from segmentation.history import History, Publication, trail


def entry(action, run_id):
    """A publication of a run."""
    return Publication(at="2026-11-01T02:00:00Z", run_id=run_id, action=action)


def entries(text):
    """Publications written as `+run` and roll-backs as `-run`."""
    actions = {"+": "publish", "-": "rollback"}
    return [entry(actions[word[0]], word[1:]) for word in text.split()]


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
    ],
)
def test_the_way_back(text, live, way):
    """Also when a crash came between the record and the change."""
    assert trail(entries(text), live=live) == way.split()


def test_publications_come_back_as_written(tmp_path):
    """With any reason."""
    history = History(tmp_path)
    written = [*entries("+a -b"), Publication(at="t", run_id="c", action="publish", reason='"\n用')]
    for publication in written:
        history.append(publication)

    assert history.publications() == written


def test_a_torn_line_counts_as_never_written(tmp_path):
    """And spoils no later one."""
    history = History(tmp_path)
    history.append(entry("publish", "a"))
    with history.path.open("ab") as file:
        file.write(b'{"at":"2026-11-01T0')

    history.append(entry("publish", "b"))

    assert [publication.run_id for publication in history.publications()] == ["a", "b"]


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
