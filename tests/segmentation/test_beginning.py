"""Runs begun before, by this version of the program or an earlier one."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from segmentation.beginning import begin
from segmentation.cli.app import main
from segmentation.progress import Silent
from segmentation.run import RunRequest
from segmentation.store import Store
from segmentation.templates import write_templates
from segmentation.work import REQUEST
from tests.segmentation.conftest import NOW, settings_for

EVENTS = "user_id,channel,tag,ts\nann,browse,tea,2026-01-01T00:00:00\n"


class Heard(Silent):
    """Remembers what it was told."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        """Keep it."""
        self.notes.append(text)


@pytest.fixture
def asked(population, tmp_path):
    """A run asked for again after it stopped."""
    config = settings_for(population)
    return RunRequest(
        config=config, base=population, store=tmp_path / "store", now=NOW, resume=True
    )


@pytest.fixture
def outdated(made, tmp_path):
    """A copy of it as a version without orders of measures would have made it."""
    shutil.copytree(made, tmp_path / "store")
    (folder,) = (tmp_path / "store" / "runs").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in [name for name in manifest["files"] if name.endswith("_order.npy")]:
        (folder / name).unlink()
        del manifest["files"][name]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Store(tmp_path / "store")


def stopped(asked):
    """A run that got through its first stage."""
    work = begin(Store(asked.store), asked, Heard())
    work.finish("ingest", {"number": 1, "rows": 1})
    return work


def of_another_version(work):
    """Let an unfinished run be one that says nothing of the program that began it."""
    facts = work.request()
    del facts["edition"]
    (work.folder / REQUEST).write_text(json.dumps(facts), encoding="utf-8")


def refusal(words, capsys):
    """All a command that is refused says on standard error, as one line."""
    with pytest.raises(SystemExit) as gone:
        main([str(word) for word in words])
    assert gone.value.code != 0
    return " ".join(capsys.readouterr().err.split())


def test_a_run_of_this_version_goes_on_in_silence(asked):
    """What it got through stays so."""
    work, heard = stopped(asked), Heard()

    again = begin(Store(asked.store), asked, heard)

    assert again == work
    assert again.record("ingest") is not None
    assert heard.notes == []


def test_a_run_of_another_version_is_begun_anew_and_said_so(asked):
    """Nothing of its half-done work is kept."""
    work, heard = stopped(asked), Heard()
    of_another_version(work)

    again = begin(Store(asked.store), asked, heard)

    assert again.record("ingest") is None
    assert list(Store(asked.store).work_folder.iterdir()) == [again.folder]
    (note,) = heard.notes
    assert f"run {work.run_id} was begun by another version of Coterie" in note
    assert note.endswith("A new run begins.")


def test_a_run_that_was_asked_for_something_else_is_begun_anew_and_said_so(asked):
    """The other settings would be half heeded."""
    work, heard = stopped(asked), Heard()

    again = begin(Store(asked.store), replace(asked, seed=7), heard)

    assert again.record("ingest") is None
    assert f"run {work.run_id} was asked for something else" in heard.notes[0]


def test_where_no_run_is_unfinished_that_is_said(asked):
    """Whoever asks to go on may have another store in mind."""
    heard = Heard()

    begin(Store(asked.store), asked, heard)

    assert heard.notes == ["No run is unfinished. A new run begins."]


def test_the_program_tells_that_a_run_is_begun_anew(tmp_path, capsys):
    """On standard error, before the work begins."""
    write_templates(tmp_path)
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "rights.toml").write_text("tears = 1\n", encoding="utf-8")
    words = ["run", "--config", tmp_path / "coterie.toml", "--events", tmp_path / "events.csv",
             "--store", tmp_path / "store"]  # fmt: skip
    refusal(words, capsys)
    (left,) = (tmp_path / "store" / "work").iterdir()
    facts = json.loads((left / REQUEST).read_text(encoding="utf-8")) | {"edition": "older"}
    (left / REQUEST).write_text(json.dumps(facts), encoding="utf-8")

    said = refusal([*words, "--resume"], capsys)

    assert f"! The unfinished run {left.name} was begun by another version of Coterie" in said
    assert said.index("A new run begins.") < said.index("`tears`")


@pytest.mark.parametrize(
    "words",
    [("audience", 'tier = "gold"', "--count"), ("flywheel",), ("update", "--events", "new.csv")],
)
def test_a_snapshot_of_an_earlier_version_is_said_to_be_one(outdated, capsys, words):
    """What it lacks, and that a new run is what helps."""
    said = refusal([*words, "--store", outdated.path], capsys)

    assert "was made by an earlier version of Coterie, without `index/audience/" in said
    assert "`coterie run` on the same inputs makes a new run" in said
    assert not list(outdated.path.glob("work/*"))


def test_a_file_that_was_lost_is_no_earlier_version(outdated, capsys):
    """The manifest names it."""
    folder = outdated.live_folder()
    (folder / "index" / "slots.npy").unlink()

    assert "slots.npy` is missing" in refusal(["flywheel", "--store", outdated.path], capsys)


def test_a_new_run_goes_on_from_a_snapshot_of_an_earlier_version(outdated, population, run_once):
    """Circles keep their ids and nobody's tier is new."""
    before = outdated.current()

    outcome = run_once(population, outdated.path, now=NOW + timedelta(days=1))

    assert outdated.current() == outcome.run_id != before
    old, new = (set(outdated.table(run, "circles")["circle_id"].to_pylist())
                for run in (before, outcome.run_id))  # fmt: skip
    assert old == new
    assert outcome.report["rights"]["new"] == 0
    assert outdated.snapshot().audience('tier = "gold"')
