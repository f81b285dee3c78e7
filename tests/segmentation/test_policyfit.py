"""Policies about what a run does not have or cannot pay, met through the program."""

import shutil

import pytest

from segmentation.cli.app import main
from segmentation.policy import BUILT_IN
from segmentation.templates import write_templates

TEXT = BUILT_IN.read_text(encoding="utf-8")
POINTS = '\n[points]\nshare = 10\npurchse = 1\n\n[[measures]]\nname = "points"\ncounts = "points"\n'
EVENTS = """user_id,channel,tag,ts
ann,browse,tea,2026-01-01T00:00:00
bob,podcast,tea,2026-01-02T00:00:00
"""


@pytest.fixture
def shop(tmp_path):
    """A folder with events and settings, as `coterie init` makes them."""
    write_templates(tmp_path)
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path


def line_of(text, what):
    """The number of the line that says something."""
    return text[: text.index(what)].count("\n") + 1


def refusal(words, capsys):
    """What a command that is refused says, on one line."""
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def refused_run(shop, text, capsys):
    """What a run with a policy says when it is refused, before any long work."""
    (shop / "rights.toml").write_text(text, encoding="utf-8")
    said = refusal(
        ["run", "--config", shop / "coterie.toml", "--events", shop / "events.csv",
         "--store", shop / "store"],
        capsys,
    )  # fmt: skip
    assert not list((shop / "store").glob("work/*/stages/*"))
    return said


def test_a_misspelt_channel_stops_a_run(shop, capsys):
    """The line, what was given, what was meant and what there is; unnamed channels count."""
    said = refused_run(shop, TEXT + POINTS, capsys)

    line = line_of(TEXT + POINTS, "purchse")
    assert f"rights.toml, line {line}, no event has the channel `purchse`" in said
    assert "Did you mean `purchase`? There are: app, browse, comment, like, podcast, " in said


def test_a_misspelt_channel_stops_a_dry_run(made, tmp_path, capsys):
    """Against the channels of the live run."""
    policy = tmp_path / "rights.toml"
    policy.write_text(TEXT + POINTS, encoding="utf-8")

    said = refusal(["tiers", "simulate", "--policy", policy, "--store", made], capsys)

    assert f"line {line_of(TEXT + POINTS, 'purchse')}, no event has the channel `purchse`" in said


def test_a_run_that_does_not_tell_its_channels_takes_any(made, tmp_path, capsys):
    """As one of an earlier version: then the measure it has not counted is what is said."""
    shutil.copytree(made, tmp_path / "store")
    (report,) = (tmp_path / "store").glob("runs/*/report.json")
    told = report.read_text(encoding="utf-8")
    report.write_text(told.replace('"channels":', '"roads":'), encoding="utf-8")
    policy = tmp_path / "rights.toml"
    way = '[[tiers.ways]]\nname = "earned"\nenter = { points = 5 }'
    policy.write_text((TEXT + POINTS).replace("enter = 0.95\nstay = 0.85", way), encoding="utf-8")

    said = refusal(["tiers", "simulate", "--policy", policy, "--store", tmp_path / "store"], capsys)

    assert "has not counted `points`" in said


def test_a_sum_that_cannot_pay_what_everybody_gets_stops_a_run(shop, capsys):
    """How many people at what cost, and the line of the sum."""
    text = TEXT.replace("# total = 50000", "total = 0.4")

    said = refused_run(shop, text, capsys)

    assert f"`budget.total` in {shop / 'rights.toml'}, line {line_of(text, 'total = 0.4')} " in said
    assert "is 0.4, less than tier `member` costs, which everybody has: 2 people at 0.22" in said


def test_a_sum_that_cannot_pay_what_everybody_gets_stops_a_dry_run(made, tmp_path, capsys):
    """Of the people of the live run."""
    text = TEXT.replace("# total = 50000", "total = 300")
    (tmp_path / "rights.toml").write_text(text, encoding="utf-8")

    said = refusal(
        ["tiers", "simulate", "--policy", tmp_path / "rights.toml", "--store", made], capsys
    )

    assert f"line {line_of(text, 'total = 300')} is 300, less than tier `member` costs" in said
    assert "1,500 people at 0.22 are 330." in said


def test_a_faulty_policy_stops_a_run_before_the_long_work(shop, capsys):
    """Not after everything else was found."""
    assert "Did you mean `dwell_days`?" in refused_run(
        shop, TEXT.replace("dwell_days", "dwel_days"), capsys
    )
