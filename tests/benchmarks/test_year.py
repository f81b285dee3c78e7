"""The judge of a year, on made-up months; and a whole simulated year through the pipeline."""

import pandas as pd
import pytest

from benchmarks.identity import year
from benchmarks.year import Month, kept_share, true_share, verdicts


def people(*circles):
    """A hundred people for each circle named, None for nobody's; numbered through."""
    names = [name for name in circles for _ in range(100)]
    return pd.Series(names, index=[f"u{number:04d}" for number in range(len(names))]).dropna()


def month(ours, planted, *told):
    """One run; `told` are (event, circle_id, from_ids)."""
    lineage = [
        {"event": event, "circle_id": circle, "from_ids": origins}
        for event, circle, origins in told
    ]
    return Month(people(*ours), lineage, people(*planted))


def planted(*events):
    """The true lineage from rows of (period, event, circle, from_circles)."""
    return pd.DataFrame(events, columns=["period", "event", "circle", "from_circles"])


def test_an_id_handed_to_other_people_is_not_kept():
    """Two of three circles swap their ids."""
    first = month(["a", "b", "c"], ["x", "y", "z"])
    second = month(["b", "a", "c"], ["x", "y", "z"])

    assert kept_share([first, first]) == 1.0
    assert kept_share([first, second]) == pytest.approx(1 / 3)
    assert true_share([first, second]) == pytest.approx(2 / 3)


def test_events_told_at_once_later_and_never():
    """A split told a month late, a merger told at once, a death not at all."""
    months = [
        month(["a", "a", "b", "c", "d"], ["x", "x", "y", "z", "w"]),
        month(
            ["a", "a", "b", "b", "d"], ["x", "x II", "y", "y", None], ("merged", "b", ["b", "c"])
        ),
        month(["a", "e", "b", "b", "d"], ["x", "x II", "y", "y", None], ("split", "e", ["a"])),
    ]
    true = planted(
        (2, "split", "x", ["x"]),
        (2, "split", "x II", ["x"]),
        (2, "merged", "y", ["z", "y"]),
        (2, "retired", "w", []),
    )

    judged = {verdict.event: verdict.lag for verdict in verdicts(months, true)}

    assert judged == {"split": 1, "merged": 0, "retired": None}


def test_a_circle_nobody_found_cannot_be_told_of():
    """It says so, instead of counting against the lineage."""
    months = [month(["a", None], ["x", "y"]), month(["a", None], ["x", None])]

    (verdict,) = verdicts(months, planted((2, "retired", "y", [])))

    assert not verdict.was_found


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_simulated_year_keeps_its_ids_and_tells_what_happened(tmp_path):
    """Twelve months of births, deaths, splits, mergers and drift, from events to lineage.

    At least 99 % of what free re-matching could reach; mergers of circles that were found are
    told, and so are most splits, births, deaths, growths and shrinkages.
    """
    months, true = year(tmp_path, 5000, 0, "easy", warm=True)

    judged = [verdict for verdict in verdicts(months, true) if verdict.was_found]
    told = {
        event: [each.lag is not None for each in judged if each.event == event]
        for event in ("merged", "split", "born", "retired", "grown", "shrunk")
    }
    assert kept_share(months) >= 0.99
    assert sum(told["merged"]) >= 0.7 * len(told["merged"])
    assert sum(told["split"]) >= 0.6 * len(told["split"])
    assert sum(told["born"]) >= 0.8 * len(told["born"])
    assert sum(told["retired"]) >= 0.8 * len(told["retired"])
    assert sum(told["grown"]) >= 0.7 * len(told["grown"])
    assert sum(told["shrunk"]) >= 0.5 * len(told["shrunk"])
