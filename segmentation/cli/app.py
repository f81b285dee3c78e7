"""The `coterie` program: its commands gathered, its failures turned into exit codes."""

import json
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import typer

from segmentation.errors import SegmentationError

STOPPED = 130  # what shells say of a program that Ctrl-C ended
COMMANDS = {
    "pipeline": ("demo", "simulate", "init", "validate", "run"),
    "updates": ("update",),
    "snapshots": ("runs", "compare", "publish", "rollback", "export"),
    "circles": ("circles",),
    "timeline": ("history",),
    "audiences": ("audience",),
    "flywheel": ("flywheel",),
    "operations": ("serve", "keys"),
    "work": ("worker",),
    "tiers": ("tiers",),
    "webhooks": ("webhooks",),
    "lift": ("lift",),
    "growth": ("lookalikes", "crossover"),
    "carriers": ("ambassadors", "referrals"),
    "scoring": ("score",),
    "sharing": ("resonance",),
    "currency": ("currency",),
}
"""The commands by the file that holds them, as help lists them."""


def program(words: Sequence[str] = ()) -> typer.Typer:
    """The program with the commands that a line may mean: one file's, or all where none is named.

    A server would keep in memory, for as long as it runs, what the other commands load.
    """
    named = [file for file, commands in COMMANDS.items() if words and words[0] in commands]
    app = typer.Typer(
        name="coterie",
        help="Find circles, score sharing, assign rights, turn the flywheel.\n\n"
        "With --debug anywhere on the line an error shows where it came from.",
        callback=lambda: None,  # without one the program of a single command is that command
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for file in named or COMMANDS:
        import_module(f"segmentation.cli.{file}").register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command: exit 0 on success, 2 on bad usage or input, 1 on failure, 130 on Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug, as_json = "--debug" in words, "--json" in words
    try:
        words = [word for word in words if word != "--debug"]
        code = program(words)(words, prog_name="coterie", standalone_mode=False)
    except Exception as error:
        if debug:
            traceback.print_exc()
        message, code = refusal(error, words)
        fail(message, code, as_json=as_json)
    if code == STOPPED:
        fail(stopped(words), code, as_json=as_json)
    raise SystemExit(code or 0)


def refusal(error: Exception, words: Sequence[str]) -> tuple[str, int]:
    """What went wrong, in one sentence, and the exit code of its kind."""
    if isinstance(error, SegmentationError):
        return str(error), error.exit_code
    if isinstance(error, typer.Abort):
        return stopped(words), STOPPED
    if isinstance(error, typer.TyperException):
        return misused(error), 2
    if isinstance(error, OSError):
        return told(error), 1
    return f"{type(error).__name__}: {error} (`--debug` shows where).", 1


def misused(error: typer.TyperException) -> str:
    """What is wrong with the words of the command, and where it is explained."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "coterie"
    said = error.format_message()
    if said.startswith("Usage: "):
        return said
    # A reader wrote no Python: the library's name for a value it refused says nothing to them.
    plain = said.replace("Value error, ", "").removesuffix(".")
    return f"{plain}. `{path} --help` says more."


def stopped(words: Sequence[str]) -> str:
    """Say that the caller ended it, and how a run goes on."""
    return "Stopped." + (
        " `coterie run --resume` goes on where it was." if words[:1] == ["run"] else ""
    )


def told(error: OSError) -> str:
    """What the system refused, and of which file."""
    of = f"`{error.filename}`: " if error.filename is not None else ""
    return f"{of}{error.strerror or error} (`--debug` shows where)."


def fail(message: str, code: int, *, as_json: bool = False) -> None:
    """Say on standard error what went wrong and exit."""
    is_help = message.startswith("Usage: ")
    plain = message if is_help else f"coterie: {message}"
    text = json.dumps({"error": message}) if as_json else plain
    print(text, file=sys.stderr)  # noqa: T201 - the program's own voice
    raise SystemExit(code)
