"""The program's own manners: help everywhere, JSON everywhere, one message for a failure."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from segmentation.cli.app import COMMANDS, main, program
from tests.test_docs import commands

NAMES = [name for name, _ in commands(typer.main.get_command(program()), "coterie")]
ASKS_FOREVER = {"coterie serve"}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name, capsys):
    """`--help` exits 0 and says what the command does."""
    with pytest.raises(SystemExit) as stopped:
        main([*name.split()[1:], "--help"])

    assert stopped.value.code == 0
    assert "Usage: " in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(set(NAMES) - ASKS_FOREVER))
def test_every_command_can_answer_in_json(name):
    """A script never has to read text made for people."""
    command = dict(commands(typer.main.get_command(program()), "coterie"))[name]

    assert any("--json" in parameter.opts for parameter in command.params)


def test_a_failure_is_json_when_json_was_asked_for(tmp_path, capsys):
    """The error is one object on standard error."""
    with pytest.raises(SystemExit) as stopped:
        main(["rollback", "--store", str(tmp_path), "--json"])

    assert stopped.value.code == 2
    assert "error" in json.loads(capsys.readouterr().err)


def test_debug_shows_where_an_error_came_from(tmp_path):
    """With `--debug` there is a traceback, without it one line."""
    words = [Path(sys.executable).with_name("coterie"), "rollback", "--store", tmp_path]

    plain, deep = (
        subprocess.run([*words, *more], capture_output=True, text=True, check=False)
        for more in ([], ["--debug"])
    )

    assert "Traceback" not in plain.stderr
    assert "Traceback" in deep.stderr
    assert plain.returncode == deep.returncode == 2
    assert deep.stderr.endswith(plain.stderr)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["run", "--engine", "abacus"],
            "'abacus' is not one of 'duckdb', 'spark'. `coterie run --help`",
        ),
        (["score"], "Missing option '--out'. `coterie score --help` says more."),
        (["nothing"], "No such command 'nothing'. `coterie --help` says more."),
    ],
)
def test_wrong_words_are_one_message(words, says, capsys):
    """For people a line that leads to the help, for scripts one object like any other error."""
    told = []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as stopped:
            main([*words, *more])
        assert stopped.value.code == 2
        told.append(capsys.readouterr().err)

    assert says in told[0]
    assert told[0].count("\n") == 1
    assert says in json.loads(told[1])["error"]


def test_whoever_ends_a_run_is_told_how_it_goes_on(tmp_path):
    """In a sentence, with the exit code shells know."""
    (tmp_path / "events.ndjson").touch()
    words = [Path(sys.executable).with_name("coterie"), "worker", "--store", tmp_path]
    (tmp_path / "coterie.toml").write_text('[input]\nevents = ["events.ndjson"]', encoding="utf-8")
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background none heeds
    begun = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, kept)
    while not (tmp_path / "coterie.db").exists():
        assert begun.poll() is None
        time.sleep(0.05)

    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=60)

    assert begun.returncode == 130
    assert said.endswith("coterie: Stopped.\n")


def test_what_the_system_refuses_is_told_with_its_file(tmp_path, capsys):
    """Whoever reads it knows which file to look at."""
    (tmp_path / "store").write_text("not a folder", encoding="utf-8")
    (tmp_path / "e.csv").write_text("user_id,channel,tag\nu1,browse,a\n", encoding="utf-8")
    words = ["run", "--events", str(tmp_path / "e.csv"), "--store", str(tmp_path / "store")]

    with pytest.raises(SystemExit) as stopped:
        main(words)

    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert str(tmp_path / "store") in said
    assert "Error" not in said


def test_help_loads_nothing_heavy():
    """Asking for help is quick: no clustering library, no query engine is loaded."""
    code = (
        "import sys; from segmentation.cli.app import program; program(); "
        "print(sorted({'sklearn', 'duckdb', 'hdbscan', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("file", "named"), COMMANDS.items())
def test_a_file_holds_the_commands_it_is_named_for(file, named):
    """A line that begins with one of them is understood without loading the other files."""
    registered = typer.main.get_command(program([named[-1]])).commands

    assert tuple(registered) == named


def test_a_server_loads_the_other_commands_no_more():
    """What `coterie serve` keeps in memory is its own: neither other commands nor their tables."""
    code = (
        "import sys; from segmentation.cli.app import program; program(['serve']); "
        "others = {'rich', 'segmentation.cli.tiers', 'segmentation.config'}; "
        "print(sorted(others & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
