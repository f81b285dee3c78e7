"""Who invited whom, from valid tables."""

import numpy as np
import pytest

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.invitations import read_invitations
from tests.sharing_tables import AS_OF, day, write_tables


@pytest.fixture
def read(tmp_path):
    """Read the invitations of events given as (user, day, channel) and ties."""

    def found(events, edges, *, people="abcd", as_of=AS_OF):
        rows = [(user, day(n), channel, "x", 1.0, None) for user, n, channel in events]
        ties = [(src, dst, None if n is None else day(n)) for src, dst, n in edges]
        tables = write_tables(tmp_path, people=list(people), events=rows, edges=ties)
        with DuckEngine() as engine:
            return read_invitations(engine, Config(), tables, as_of=as_of)

    return found


def test_a_newcomer_belongs_to_the_invitation_before_them(read):
    """Who was there before, or came too late, did not come of it."""
    found = read(
        [("a", 10, "refer"), ("a", 20, "refer"), ("b", 22, "browse"), ("c", 5, "browse"),
         ("d", 90, "browse")],
        [("a", "b", 22), ("a", "c", 21), ("a", "d", 90)],
    )  # fmt: skip

    assert found.inviter.tolist() == [0, 0]
    assert found.age_days.tolist() == [190.0, 180.0]
    assert (found.newcomer.tolist(), found.host.tolist()) == ([1], [0])
    assert found.delay_days.tolist() == [2.0]


def test_somebody_invited_by_two_counts_once(read):
    """For the later invitation."""
    found = read(
        [("a", 10, "refer"), ("b", 12, "refer"), ("c", 14, "browse")],
        [("a", "c", 14), ("b", "c", 14)],
    )

    assert (found.newcomer.tolist(), found.host.tolist()) == ([2], [1])


def test_groups_share_the_invitations_of_their_people(read):
    """K by group follows from who sent them."""
    found = read([("a", 10, "refer"), ("b", 10, "refer"), ("c", 14, "browse")], [("a", "c", 14)])

    measured = found.measured(np.array([0, 1, 1, -1]), groups=2)

    assert measured.k.tolist() == [1.0, 0.0]


def test_without_time_or_invitations_there_is_nothing(read):
    """No K is claimed."""
    assert len(read([("a", 10, "refer")], [], as_of=None).inviter) == 0
    assert len(read([("a", 10, "browse")], []).inviter) == 0
