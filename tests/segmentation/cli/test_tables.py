"""Tables on a terminal of 80 columns, or in a pipe."""

from datetime import UTC, datetime

from segmentation.cli.lift import show_campaigns
from segmentation.cli.snapshots import show_runs
from segmentation.cli.tiers import show_changes, show_moves, show_notices

NOW = datetime(2026, 11, 1, tzinfo=UTC)

RUN = "20261101T020000Z-0a1b2c3d"


def test_the_id_of_a_run_is_never_cut_short(capsys):
    """It is what one copies to publish, compare and go back."""
    row = {
        "run_id": RUN,
        "as_of": "2026-11-01T02:00:00.000001Z",
        "users": 1_234_567,
        "circles": 123,
    }

    show_runs([row | {"live": True, "gate": ["degenerate"]}])

    shown = capsys.readouterr().out
    assert RUN in shown
    assert "2026-11-01" in shown


def test_a_dry_run_tells_how_even_tiers_are_where_that_is_asked(capsys):
    """The gap, what is allowed, and the price."""
    moved = dict.fromkeys(("up", "down", "unchanged", "new", "on_notice"), 0)
    money = {"cost": 1.0, "budget": None, "shadow_price": 0.0}
    told = {"tiers": {}, "unreached": [], "renamed": {}, "gone": {}, "samples": {}}
    parity = {"namespace": "city", "tier": "gold", "max_gap": 0.1, "gap": 0.25, "price": 12.5}

    show_moves(moved | money | told | {"parity": parity})

    shown = " ".join(capsys.readouterr().out.split())
    assert "`city` lie 0.250 apart in their shares with `gold` or higher, of 0.1 allowed" in shown
    assert "costs 12.5" in shown


def test_a_history_can_be_read_aloud(capsys):
    """Reasons in words, and the one somebody gave."""
    entry = {"at": NOW, "before": "gold", "after": "host", "policy_version": "1", "author": "Ada"}

    show_changes([entry | {"reasons": ["Set by hand."], "evidence": {"reason": "late parcel"}}])

    assert "Set by hand. late parcel" in " ".join(capsys.readouterr().out.split())


def test_a_notice_that_hangs_on_money_alone_says_so(capsys):
    """There is nothing its holder could do."""
    row = {"user_id": "u1", "tier": "gold", "review_after": NOW}

    show_notices([row | {"ways": [{"way": "score", "needs": []}]}])

    assert "more budget" in capsys.readouterr().out


def test_a_campaign_shows_its_id_whole_and_its_end(capsys):
    """The id is what one reads the lift by."""
    draws = {"versions": [{"people": 10, "held_out": 2}], "run_id": RUN, "pinned": True}
    named = {"campaign_id": "camp-a1fd9d0ba081faa8", "name": "Spring", "ended": None, "until": NOW}

    show_campaigns([draws | named])

    shown = capsys.readouterr().out
    assert "camp-a1fd9d0ba081faa8" in shown
    assert "2026-11-01" in shown
