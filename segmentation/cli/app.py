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

app = typer.Typer(
    name="coterie",
    help="Find circles, score sharing, assign rights, turn the flywheel.",
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
    """Run one command: exit 0 on success, 2 on bad usage or input, 1 on failure."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    as_json = "--json" in words
    try:
        app([word for word in words if word != "--debug"])
    except SegmentationError as error:
        if debug:
            traceback.print_exc()
        fail(str(error), error.exit_code, as_json=as_json)
    except OSError as error:
        if debug:
            traceback.print_exc()
        fail(told(error), 1, as_json=as_json)
    except KeyboardInterrupt:
        hint = " `coterie run --resume` goes on where it was." if words[:1] == ["run"] else ""
        fail(f"Stopped.{hint}", 1, as_json=as_json)
    except Exception as error:
        if debug:
            traceback.print_exc()
        where = "" if debug else " (`--debug` shows where)"
        fail(f"{type(error).__name__}: {error}{where}.", 1, as_json=as_json)


def told(error: OSError) -> str:
    """What the system refused, and of which file."""
    of = f"`{error.filename}`: " if error.filename is not None else ""
    return f"{of}{error.strerror or error} (`--debug` shows where)."


def fail(message: str, code: int, *, as_json: bool = False) -> None:
    """Say on standard error what went wrong and exit."""
    text = json.dumps({"error": message}) if as_json else f"coterie: {message}"
    print(text, file=sys.stderr)  # noqa: T201 - the program's own voice
    raise SystemExit(code)
