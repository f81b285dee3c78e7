"""`coterie flywheel` shows how the loop turns, in whose words one likes, and where it leads."""

import json

import pytest

from models.lifecycle import LADDERS, STAGES
from segmentation.cli.app import main
from segmentation.cli.wheel import banded, spark
from segmentation.store import Store
from tests.service.stores import fill

FORMULA = ["--project", "5", "--engaged", "100", "--advocacy", "0.1", "--referrals", "1"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one planted run."""
    return fill(tmp_path_factory.mktemp("store"), ("20261101T020000Z-00000001",), users=200)


@pytest.fixture
def say(capsys, store):
    """What the program says to some words, and how it ends."""

    def said(*words, code=0, where=store):
        with pytest.raises(SystemExit) as stopped:
            main(["flywheel", *map(str, words), "--store", str(where)])
        told = capsys.readouterr()
        assert stopped.value.code == code
        return told.err if code else told.out

    return said


def answered(say, *words):
    """The JSON answer to some words."""
    return json.loads(say(*words, "--json"))


def test_the_loop_is_drawn_and_told(say, store):
    """Every stage with its people, the figures and the windows; the same as JSON."""
    facts = answered(say)
    text = say()

    assert sum(row["people"] for row in facts["stages"]) == 200
    assert facts["run_id"] == Store(store).current()
    assert "wheel" not in facts
    assert all(stage in text for stage in STAGES)
    assert "Over 6 windows" in text
    assert f"friction {facts['friction']:.1%}" in text


@pytest.mark.parametrize("name", LADDERS)
def test_other_models_have_their_own_words(say, name):
    """The same people, each on one rung."""
    facts = answered(say, "--as", name)
    text = say("--as", name)

    assert tuple(row["stage"] for row in facts["stages"]) == LADDERS[name].rungs
    assert sum(row["people"] for row in facts["stages"]) == 200
    assert facts["transitions"]["after"] == [*LADDERS[name].rungs, "gone"]
    assert f"in the words of {name}" in text


def test_circles_stand_in_a_row_each(say, store):
    """All of the run, with names."""
    rows = answered(say, "--circles")["circles"]
    text = say("--circles")

    names = {row["circle_id"]: row["name"] for row in Store(store).snapshot().circles()}
    assert rows
    assert all(row["name"] == names[row["circle_id"]] for row in rows)
    assert all(row["circle_id"] in text for row in rows)


@pytest.mark.parametrize(("persistence", "engaged"), [(1, 146.41), (0, 111.11)])
def test_given_rates_need_no_store(say, tmp_path, persistence, engaged):
    """The figures of the literature."""
    words = (*FORMULA, "--persistence", persistence)

    facts = json.loads(say(*words, "--json", where=tmp_path / "none"))

    assert facts["engaged"][-1] == pytest.approx(engaged)
    assert f"{engaged:.2f}" in say(*words, where=tmp_path / "none")


def test_the_measured_loop_leads_somewhere_with_a_band(say):
    """One number a rotation, its band, and the active beside it."""
    facts = answered(say, "--project", 6)

    assert len(facts["engaged"]) == len(facts["active"]["high"]) == 6
    assert all(low <= high for low, high in zip(facts["low"], facts["high"], strict=True))
    assert "4 in 5 within" in say("--project", 6)


@pytest.mark.parametrize(
    ("worse", "better"),
    [("friction=0.6", "friction=0.1"), ("speed=0.1", "speed=0.5"), ("weight=0.2", "weight=0.9"),
     ("revival=0.1", "revival=0.5"), ("persistence=0.5", "persistence=0.9"),
     ("arrivals=0", "arrivals=50"), ("engaged=50", "engaged=100")],
)  # fmt: skip
def test_a_better_rate_leads_further(say, worse, better):
    """Never fewer people, and some figure moves."""
    low, high = (answered(say, "--project", 5, "--with", words) for words in (worse, better))

    name, _, value = better.partition("=")
    assert high["rates"][name] == float(value)
    for figure in ("active", "advocates"):
        assert high[figure]["expected"][-1] >= low[figure]["expected"][-1] - 1e-6
    assert (high["active"], high["advocates"]) != (low["active"], low["advocates"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--engaged", 5), "no `--project N`"),
        (("--with", "friction=0.2"), "no `--project N`"),
        (("--project", 3, "--with", "fricton=0.2"), "Did you mean `friction`"),
        (("--project", 3, "--with", "friction"), "`--with friction` must be a number, got ''"),
        (("--project", 3, "--with", "friction=1.2"), "must be from 0 to 1, got 1.2"),
        (("--project", 3, "--with", "arrivals=-1"), "must be at least 0, got -1"),
        (("--project", 3, "--with", "arrivals=nan"), "must be at least 0, got nan"),
        (("--project", 3, "--engaged", 5, "--with", "speed=0.1"), "leave out `--engaged`"),
        (("--project", 3, "--engaged", 5), "measured no `--referrals`"),
    ],
)
def test_what_cannot_be_asked_is_explained(say, words, message):
    """Exit 2 and one sentence."""
    assert message in say(*words, code=2)


def test_sparks_rise_with_what_they_show():
    """Eight heights from nought to the largest; a gap where nothing is known."""
    assert spark([0.0, 0.5, None, 1.0]) == "▁▅ █"
    assert spark([0, 0]) == "▁▁"


def test_a_band_is_shaded_up_to_its_ends():
    """Solid to the lower bound, lighter beyond."""
    assert banded(2, 3, 5, scale=1.0) == "██▓░░"
