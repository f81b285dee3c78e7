"""The `coterie` program: its commands gathered, its failures turned into exit codes."""

import json
import sys
import traceback
from collections.abc import Sequence

import typer

from segmentation.cli.audiences import register as register_audiences
from segmentation.cli.carriers import register as register_carriers
from segmentation.cli.circles import register as register_circles
from segmentation.cli.currency import register as register_currency
from segmentation.cli.flywheel import register as register_flywheel
from segmentation.cli.growth import register as register_growth
from segmentation.cli.lift import register as register_lift
from segmentation.cli.operations import register as register_operations
from segmentation.cli.pipeline import register as register_pipeline
from segmentation.cli.scoring import register as register_scoring
from segmentation.cli.sharing import register as register_sharing
from segmentation.cli.snapshots import register as register_snapshots
from segmentation.cli.tiers import register as register_tiers
from segmentation.cli.timeline import register as register_timeline
from segmentation.cli.updates import register as register_updates
from segmentation.cli.webhooks import register as register_webhooks
from segmentation.cli.work import register as register_work
from segmentation.errors import SegmentationError

STOPPED = 130  # what shells say of a program that Ctrl-C ended

app = typer.Typer(
    name="coterie",
    help="Find circles, score sharing, assign rights, turn the flywheel.\n\n"
    "With --debug anywhere on the line an error shows where it came from.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for register in (
    register_pipeline,
    register_updates,
    register_snapshots,
    register_circles,
    register_timeline,
    register_audiences,
    register_flywheel,
    register_operations,
    register_work,
    register_tiers,
    register_webhooks,
    register_lift,
    register_growth,
    register_carriers,
    register_scoring,
    register_sharing,
    register_currency,
):
    register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command: exit 0 on success, 2 on bad usage or input, 1 on failure, 130 on Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug, as_json = "--debug" in words, "--json" in words
    try:
        words = [word for word in words if word != "--debug"]
        code = app(words, prog_name="coterie", standalone_mode=False)
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
