"""The program's own manners: help everywhere, JSON everywhere, one message for a failure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from segmentation.cli.app import app, main
from tests.test_docs import commands

NAMES = [name for name, _ in commands(typer.main.get_command(app), "coterie")]
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
    command = dict(commands(typer.main.get_command(app), "coterie"))[name]

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
        "import sys, segmentation.cli.app; "
        "print(sorted({'sklearn', 'duckdb', 'hdbscan', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
