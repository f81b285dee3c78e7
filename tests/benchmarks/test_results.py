"""What is read off trials: told numbers, curves, and claims that hold or fail."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import claims, peers, table
from benchmarks.claims import Claim, judged, read_claims
from benchmarks.results import OURS, Results
from benchmarks.trials import ORACLE, Trial

HIDDEN = "real, hidden tags"


def told(method, asked, ami, *, seed=1, circles=None):
    """A trial on a planted set of 8 circles."""
    figures = {"circles": float(circles or asked), "ami": ami, "found": 1.0, "f1": ami}
    settings = {"asked": asked, "setting": asked, "wall": 2.0, "cpu": 1.0, "peak_mib": 100.0}
    return Trial("planted", method, seed, 8, figures=figures, **settings)


def hidden(method, circles, bits, *, asked=None):
    """A trial on a set whose tags were hidden."""
    figures = {"circles": float(circles), "bits": bits}
    return Trial(HIDDEN, method, 1, asked=asked, cpu=1.0, wall=1.0, peak_mib=9.0, figures=figures)


@pytest.fixture
def results():
    """Two sets, three methods, one of them told nothing, one of them not installed."""
    own = [replace(told(OURS, 9, ami), asked=None, setting=None) for ami in (0.70,)]
    return Results(
        {"cpu": "some"},
        "python -m benchmarks.peers",
        [
            Trial("planted", ORACLE, 1, 8, figures={"circles": 8.0, "ami": 0.8}),
            *own,
            told(OURS, 8, 0.75),
            told("k-means", 8, 0.50),
            told("k-means", 8, 0.54, seed=2),
            replace(told("Leiden", None, 0.6, circles=30), setting=1.0),
            replace(told("Leiden", None, 0.4, circles=7), setting=0.1),
            Trial("planted", "EVoC", 1, 8, status="not installed: evoc"),
            hidden(OURS, 4, 0.3),
            hidden(OURS, 16, 0.5, asked=20),
            hidden("k-means", 5, 0.2, asked=5),
            hidden("k-means", 20, 0.4, asked=20),
            hidden("Leiden", 40, 0.9),
        ],
    )


def test_results_are_read_back_as_they_were_kept(results, tmp_path):
    """Every trial, with what it lacks."""
    results.save(tmp_path / "results.json")

    read = Results.load(tmp_path / "results.json")
    assert vars(read) == vars(results)


def test_a_method_run_again_replaces_its_earlier_trials(results):
    """All of them, on that set and seed alone."""
    again = Results({}, "again", [told("k-means", 8, 0.9)])

    merged = Results.merged([results, again])

    assert [t.figures["ami"] for t in merged.told("planted", "k-means")] == [0.9, 0.54]
    assert len(merged.trials) == len(results.trials)
    assert merged.of(HIDDEN, "k-means") == results.of(HIDDEN, "k-means")


def test_a_method_that_cannot_be_told_is_taken_nearest_to_the_number(results):
    """Seven circles are nearer to eight than thirty are, whichever does better."""
    (leiden,) = results.told("planted", "Leiden")

    assert leiden.figures["circles"] == 7.0


def test_a_curve_is_interpolated_kept_beyond_its_end_and_empty_before_its_start(results):
    """Along the logarithm of the number of circles."""
    at_ten = results.at(HIDDEN, "k-means", "bits", 10)

    assert at_ten == pytest.approx(0.3)
    assert results.at(HIDDEN, "k-means", "bits", 80) == pytest.approx(0.4)
    assert results.at(HIDDEN, "k-means", "bits", 4) is None
    assert results.at(HIDDEN, OURS, "bits", 8) == pytest.approx(0.4)


def claim(**changes):
    """A claim on the planted set."""
    usual = {"says": "So.", "dataset": "planted", "figure": "ami", "against": "peers"}
    return Claim(**(usual | changes))


@pytest.mark.parametrize(
    ("made", "fails"),
    [
        (claim(), False),
        (claim(factor=1.5), True),
        (claim(factor=1.3), False),
        (claim(against=ORACLE, factor=0.9), True),
        (claim(against=ORACLE, factor=0.9, asked=True), False),
        (claim(against=ORACLE, of=(OURS, "k-means"), factor=0.6), False),
        (claim(against=ORACLE, of=(OURS, "k-means"), factor=0.7), True),
        (claim(dataset=HIDDEN, figure="bits"), True),
        (claim(dataset=HIDDEN, figure="bits", against="k-means"), False),
    ],
)
def test_a_claim_holds_or_fails_by_the_figures(results, made, fails):
    """Unasked .70 and asked .75 against k-means .52, Leiden .40 and the oracle's .80."""
    verdict = judged(made, results)

    assert verdict.compared > 0
    assert verdict.fails == fails
    assert str(verdict).startswith("FAILS" if fails else "holds")


def test_a_broken_claim_names_who_broke_it(results):
    """Leiden tells more of hidden tags at its forty circles."""
    verdict = judged(claim(dataset=HIDDEN, figure="bits"), results)

    assert [each.split(":")[0] for each in verdict.broken] == [
        "Coterie and Leiden at 40",
        "Coterie and Leiden at 80",
    ]


def test_a_claim_about_a_set_that_was_not_run_is_not_judged(results):
    """Silence is no proof."""
    assert str(judged(claim(dataset="elsewhere"), results)).startswith("not judged")


def test_the_check_fails_when_a_claim_does(results, monkeypatch, capsys):
    """The exit code is what a script sees."""
    monkeypatch.setattr(peers, "read_claims", lambda: [claim(factor=1.5)])
    assert peers.check(results) == 1

    monkeypatch.setattr(peers, "read_claims", lambda: [claim()])
    assert peers.check(results) == 0
    assert "holds: So." in capsys.readouterr().out


def test_every_claim_stands_word_for_word_in_the_benchmarks_page():
    """Claims and documents cannot drift apart."""
    page = " ".join(claims.CLAIMS.with_name("README.md").read_text(encoding="utf-8").split())

    assert read_claims()
    assert [each.says for each in read_claims() if each.says not in page] == []


def cells(shown, title, row):
    """One row of a table, by its columns."""
    lines = next(each for each in shown.split("\n\n") if each.startswith(f"| {title} |"))
    head, _, *rows = (
        [each.strip() for each in line.split("|")[1:-1]] for line in lines.split("\n")
    )
    return dict(zip(head, next(each for each in rows if each[0] == row), strict=True))


def test_the_table_shows_medians_spread_cost_and_who_is_missing(results):
    """One column a method; the oracle and the unasked engine in columns of their own."""
    shown = table.tables(results, [5, 20])

    agreed = cells(shown, "AMI", "planted (8)")
    assert agreed["k-means"] == "0.520 [0.500, 0.540]"
    assert agreed["oracle"] == "0.800"
    assert agreed["Coterie, unasked"] == "0.700"
    assert agreed["Coterie"] == "0.750"
    assert agreed["EVoC"] == "not installed: evoc"
    costs = [cells(shown, "CPU seconds (wall) a fit", name) for name in ("planted (8)", HIDDEN)]
    assert [each["k-means"] for each in costs] == ["1.0 (2.0)", "1.0 (1.0)"]
    assert "modularity" not in shown


def test_hidden_tags_are_shown_at_each_number_of_circles(results):
    """A method that gives no so few circles has a dash; what was chosen unasked says how many."""
    shown = cells(table.tables(results, [5, 20]), "bits at 5, 20 circles", HIDDEN)

    assert shown["k-means"] == "0.200 0.400"
    assert shown["Coterie"] == f"{0.3 + 0.2 * np.log(5 / 4) / np.log(4):.3f} 0.500"
    assert shown["Coterie, unasked"] == "0.300 (4)"
    assert table.curve(results, HIDDEN, "Leiden", name="bits", counts=[5, 40]) == "- 0.900"
