"""People see where a long run is; pipes get one line a stage; scripts get nothing."""

import io

from rich.console import Console

from segmentation.progress import Bars, Lines, Silent, reporter


def shown_by(kind, *, terminal):
    """What a reporter writes for one stage of ten rows."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120)
    with kind(console).stage("weigh tags") as advance:
        advance(4, 10)
    return text.getvalue()


def test_a_terminal_sees_rows_and_time_left():
    """A bar carries the title, the rows done of all rows, and the time left."""
    text = shown_by(Bars, terminal=True)

    assert "weigh tags" in text
    assert "4/10" in text
    assert "rows" in text
    assert "left" in text


def test_a_pipe_gets_one_line_a_stage():
    """No control characters, no repeated lines."""
    assert shown_by(Lines, terminal=False) == "  weigh tags\n"


def test_a_failed_stage_is_not_listed_as_through():
    """A line stands for work that was done."""
    text = io.StringIO()
    try:
        with Lines(Console(file=text)).stage("weigh tags"):
            raise ValueError
    except ValueError:
        pass

    assert text.getvalue() == ""


def test_quiet_shows_nothing(capsys):
    """`--json` leaves standard error to errors."""
    quiet = reporter(quiet=True)
    with quiet.stage("weigh tags") as advance:
        advance(1, 2)

    assert isinstance(quiet, Silent)
    assert capsys.readouterr().err == ""
