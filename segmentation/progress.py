"""How a long run tells people where it is: bars on a terminal, lines elsewhere, or nothing."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Advance(Protocol):
    """Called by long work: `done` rows of `total` are through."""

    def __call__(self, done: int, total: int) -> None:
        """Report the rows done so far."""


class Reporter(Protocol):
    """Shows the stages of a run."""

    def stage(self, title: str) -> AbstractContextManager[Advance]:
        """Show one stage while it runs; the value reports its rows."""

    def note(self, text: str) -> None:
        """Tell something that whoever asked for the run should know."""


class Silent:
    """Shows nothing: for `--json` and tests."""

    def stage(self, title: str) -> AbstractContextManager[Advance]:
        """Run the stage unseen."""
        return nullcontext(ignore)

    def note(self, text: str) -> None:
        """Keep it to oneself."""


class Lines:
    """One line a finished stage: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, title: str) -> Iterator[Advance]:
        """Print the title when the stage is through."""
        yield ignore
        self.console.print(f"  {title}", highlight=False)

    def note(self, text: str) -> None:
        """Print it as a line of its own."""
        note(self.console, text)


class Bars:
    """A bar a stage, with rows done and time left."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, title: str) -> Iterator[Advance]:
        """Draw the bar; without reported rows it pulses."""
        with Progress(
            TextColumn("  {task.description:<28}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
        ) as bars:
            yield RowsOf(bars, bars.add_task(title, total=None))

    def note(self, text: str) -> None:
        """Print it above the next bar."""
        note(self.console, text)


class RowsOf:
    """Moves one bar."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self.bars, self.task = bars, task

    def __call__(self, done: int, total: int) -> None:
        """Set the bar to `done` of `total` rows."""
        self.bars.update(self.task, completed=done, total=total)


def reporter(*, quiet: bool = False) -> Reporter:
    """Choose by where standard error goes; `quiet` shows nothing."""
    if quiet:
        return Silent()
    console = Console(stderr=True)
    return Bars(console) if sys.stderr.isatty() else Lines(console)


def note(console: Console, text: str) -> None:
    """Print a line that tells something out of the ordinary."""
    console.print(f"! {text}", highlight=False, soft_wrap=True)


def ignore(done: int, total: int) -> None:
    """Take a report and show nothing."""


def tell(advance: Advance, done: int, *, parts: int, people: int) -> None:
    """Report so many of the equal parts of a stage as through, in rows of people."""
    advance(done * people, parts * people)
