"""Commands that make something: `demo`, `simulate`, `init`, `validate`, `run`."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from segmentation.cli.options import (
    DEFAULT_STORE,
    Config,
    Consent,
    Content,
    Edges,
    Events,
    Exposures,
    Json,
    Labels,
    Seed,
    StorePath,
    answer,
    clock,
    database_url,
    moment,
)
from segmentation.config import Config as Settings
from segmentation.errors import InputError, UsageError
from segmentation.pgtable import is_address
from segmentation.progress import reporter
from segmentation.records import overlay

SETTINGS_FILE = Path("coterie.toml")
DEMO = Path("demo")
DEMO_AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (demo, simulate, init, validate, run):
        app.command()(command)


def demo(
    users: Annotated[int, typer.Option("--users", min=100, help="How many people.")] = 20_000,
    seed: Seed = 0,
    store: StorePath = DEMO / "store",
    as_json: Json = False,
) -> None:
    """Make a population, run the whole pipeline on it and show what was found."""
    from segmentation.run import RunRequest, segment
    from segmentation.simulator import TABLE_FILES
    from segmentation.simulator import simulate as plant

    data = store.parent / "data"
    shown = reporter(quiet=as_json)
    with shown.stage(f"simulate {users:,} people") as advance:
        plant(users, data, seed=seed, progress=advance)
    files = {table: [str((data / file).resolve())] for table, file in TABLE_FILES.items()}
    settings = overlay(Settings(), {"input": files}, "the demo")
    request = RunRequest(
        config=settings,
        base=data,
        store=store,
        now=clock(),
        as_of=DEMO_AS_OF,
        seed=seed,
        database_url=database_url(),
    )
    outcome = segment(request, shown)
    answer(outcome_facts(outcome), as_json, lambda: show_outcome(outcome, store))


def simulate(
    users: Annotated[int, typer.Option("--users", min=100, help="How many people.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the tables.")],
    seed: Seed = 0,
    periods: Annotated[int, typer.Option("--periods", min=1, help="With drift between.")] = 1,
    difficulty: Annotated[
        Literal["easy", "medium", "hard"], typer.Option("--difficulty", help="How plain.")
    ] = "medium",
    as_json: Json = False,
) -> None:
    """Write planted events and the truth behind them."""
    from segmentation.simulator import simulate as plant

    with reporter(quiet=as_json).stage(f"simulate {users:,} people") as advance:
        report = plant(
            users, out, seed=seed, periods=periods, difficulty=difficulty, progress=advance
        )
    facts = {"users": report.users, "rows": dict(report.rows), "folders": report.folders}
    answer(facts, as_json, lambda: typer.echo(f"{report.rows['events']:,} events in {out}."))


def init(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The folder.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write a commented coterie.toml and rights.toml."""
    from segmentation.templates import write_templates

    written = write_templates(path)
    facts = {"written": [str(file) for file in written]}
    answer(facts, as_json, lambda: typer.echo("Wrote " + " and ".join(facts["written"]) + "."))


def validate(
    events: Events = None,
    labels: Labels = None,
    edges: Edges = None,
    exposures: Exposures = None,
    content: Content = None,
    consent: Consent = None,
    config: Config = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Later rows are bad.")] = None,
    as_json: Json = False,
) -> None:
    """Read the inputs, count rows and what would be quarantined; change nothing."""
    from segmentation.cli.inspection import show_verdict
    from segmentation.validation import validate_inputs

    settings, base = settings_of(config, given(locals()))
    now = clock()
    with reporter(quiet=as_json).stage("read the inputs"):
        verdict = validate_inputs(settings, base=base, as_of=moment(as_of, "--as-of"), now=now)
    answer(verdict.to_dict(), as_json, lambda: show_verdict(verdict))
    if verdict.refused:
        raise InputError(verdict.refused)


def run(
    config: Config = None,
    events: Events = None,
    labels: Labels = None,
    edges: Edges = None,
    exposures: Exposures = None,
    content: Content = None,
    consent: Consent = None,
    store: StorePath = DEFAULT_STORE,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TS", help="Default: the latest event.")
    ] = None,
    seed: Seed = 0,
    engine: Annotated[
        Literal["duckdb", "spark"] | None,
        typer.Option("--engine", help="What reads and sums the rows; default: the settings."),
    ] = None,
    circles: Annotated[
        int | None, typer.Option("--circles", min=1, help="About so many; default: it decides.")
    ] = None,
    no_publish: Annotated[bool, typer.Option("--no-publish", help="Keep it unseen.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish past a failed gate.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the same run where it stopped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Segment once: events in; circles, share scores, rights and flywheel out."""
    from segmentation.run import RunRequest, segment

    if force != bool(reason):
        raise UsageError("`--force` and `--reason TEXT` go together: say why the gate is passed.")
    settings, base = settings_of(config, given(locals()))
    if engine is not None:
        settings = replace(settings, resources=replace(settings.resources, engine=engine))
    if circles is not None:
        settings = replace(settings, circles=replace(settings.circles, count=circles))
    request = RunRequest(
        config=settings, base=base, store=store, now=clock(), as_of=moment(as_of, "--as-of"),
        seed=seed, publish=not no_publish, reason=reason, resume=resume,
        database_url=database_url(),
    )  # fmt: skip
    outcome = segment(request, reporter(quiet=as_json))
    answer(outcome_facts(outcome), as_json, lambda: show_outcome(outcome, store))


def given(values: dict[str, Any]) -> dict[str, list[str]]:
    """The input tables named on the command line."""
    tables = ("events", "labels", "edges", "exposures", "content", "consent")
    return {
        table: [anchored(pattern) for pattern in values[table]] for table in tables if values[table]
    }


def anchored(pattern: str) -> str:
    """Tie a path to this folder, wherever the settings lie; what is no path stays as it is."""
    is_path = pattern.strip() and not is_address(pattern)
    return str(Path.cwd() / pattern) if is_path else pattern


def settings_of(file: Path | None, tables: dict[str, list[str]]) -> tuple[Settings, Path]:
    """Settings and the folder their patterns are relative to; flags override the file."""
    file = settings_file(file)
    settings = overlay(optional_settings(file), {"input": tables}, "the command line")
    if not settings.input.events:
        raise UsageError("No events to read: give `--events PATH` or `[input] events` in a file.")
    return settings, (file.parent if file else Path.cwd())


def optional_settings(file: Path | None) -> Settings:
    """The settings of a file, by default the one here; without any the defaults."""
    file = settings_file(file)
    return Settings.load(file) if file else Settings()


def settings_file(file: Path | None) -> Path | None:
    """The settings file named, or the one in this folder, if there is one."""
    return SETTINGS_FILE if file is None and SETTINGS_FILE.exists() else file


def outcome_facts(outcome: Any) -> dict[str, Any]:  # noqa: ANN401 - RunOutcome loads DuckDB
    """What `--json` prints of a run."""
    return {"run_id": outcome.run_id, "published": outcome.published, **outcome.report}


def show_outcome(outcome: Any, store: Path) -> None:  # noqa: ANN401 - RunOutcome loads DuckDB
    """Print the summary a marketer understands."""
    from segmentation.cli.summary import print_summary

    print_summary(outcome, store)
