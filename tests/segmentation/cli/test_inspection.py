"""`coterie validate`: what a run would read, for people and for scripts."""

import json

import pytest

from segmentation.cli.app import main

HEADER = "user_id,channel,tag\n"
GOOD = "u1,browse,yoga\n"


@pytest.fixture
def validate(tmp_path, capsys):
    """Validate the text of a CSV file; return exit code, output and errors."""

    def validate(text, *words):
        (tmp_path / "e.csv").write_text(text, encoding="utf-8")
        code = 0
        try:
            main(["validate", "--events", str(tmp_path / "e.csv"), *words])
        except SystemExit as stopped:
            code = stopped.code
        return code or 0, *capsys.readouterr()

    return validate


def test_good_files_are_counted(validate):
    """Rows by table, and how many people they name."""
    code, out, _ = validate(HEADER + GOOD)

    assert code == 0
    assert "events" in out
    assert "1 person, up to no known time." in out


def test_bad_rows_are_listed_before_they_are_refused(validate):
    """The row, its line, the reason and how it looks; then one message and exit code 2."""
    code, out, err = validate(HEADER + GOOD + "u2,browse,\n")

    assert code == 2
    assert "e.csv row 3: no_tag" in out
    assert '"user_id":"u2"' in out
    assert "1 of 2 rows of the events are bad" in err


def test_marks_in_a_bad_row_stay_as_they_are(validate):
    """What looks like mark-up of the terminal is text."""
    _, out, _ = validate(HEADER + GOOD + "[red]u2[/red],browse,\n")

    assert "[red]u2[/red]" in out


def test_a_script_gets_the_rows_as_one_object(validate):
    """The report is whole on standard output, the refusal beside it."""
    code, out, err = validate(HEADER + GOOD + "u2,browse,\n", "--json")

    facts = json.loads(out)
    assert code == 2
    assert facts["tables"]["events"]["bad"] == 1
    assert facts["quarantine"][0]["reason"] == "no_tag"
    assert facts["refused"] == json.loads(err)["error"]


def test_an_empty_path_is_refused(capsys):
    """A variable that was not set names not everything that lies here."""
    with pytest.raises(SystemExit) as stopped:
        main(["validate", "--events", ""])

    assert stopped.value.code == 2
    assert "A path of the input is empty" in capsys.readouterr().err
