"""The command about who shares what: `score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segmentation.cli.options import DEFAULT_STORE, Config, Content, Json, StorePath, answer
from segmentation.errors import UsageError

if TYPE_CHECKING:
    from segmentation.appeal import Listed
    from segmentation.contents import Content as Asked
    from segmentation.scoring import Scored

Exposures = Annotated[
    list[str] | None,
    typer.Option("--exposures", metavar="PATH", help="Files of user_id, content_id, ts."),
]
Contents = Annotated[
    list[str] | None,
    typer.Option("--content-id", metavar="ID", help="Ask of everybody about it; may repeat."),
]
Tags = Annotated[
    str, typer.Option("--tags", metavar="A,B,C", help="Ask of everybody about such a content.")
]
Author = Annotated[str | None, typer.Option("--author", help="Who made the one with `--tags`.")]
Best = Annotated[
    int | None, typer.Option("--best", min=1, help="Write only the likeliest of everybody.")
]
Why = Annotated[bool, typer.Option("--reasons", help="Say of each answer what speaks for it.")]
Purpose = Annotated[
    str | None,
    typer.Option("--purpose", help="Leave out of everybody who refused this [default: sharing]."),
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the answers.")]


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(score)


def score(
    out: Out,
    exposures: Exposures = None,
    content: Content = None,
    content_id: Contents = None,
    tags: Tags = "",
    author: Author = None,
    best: Best = None,
    reasons: Why = False,
    purpose: Purpose = None,
    config: Config = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Say how likely users are to share contents: those of a file, or everybody one content."""
    from segmentation.export import format_of, write_file

    named = tuple(dict.fromkeys(tag.strip() for tag in tags.split(",") if tag.strip()))
    if bool(exposures) + bool(content_id) + bool(named) != 1:
        raise UsageError("Give one of `--exposures PATH`, `--content-id ID` and `--tags A,B,C`.")
    chosen = format_of(out)
    if exposures:
        require_unused(best=best, author=author, purpose=purpose)
        scored: Scored | Listed = of_exposures(exposures, content or [], store, config, reasons)
    else:
        require_unused(content=content)
        if not named:
            require_unused(author=author)
        asked = contents_of(content_id or [], named, author)
        scored = of_everybody(asked, store, best, reasons, purpose)
    write_file(scored.table, out, format=chosen)
    facts = scored.to_dict() | {"out": str(out)}
    answer(facts, as_json, lambda: show(facts))


def of_exposures(
    exposures: list[str], content: list[str], store: Path, config: Path | None, reasons: bool
) -> "Scored":
    """Answer the rows of files."""
    from segmentation.cli.pipeline import optional_settings
    from segmentation.scoring import score_exposures
    from segmentation.store import Store

    return score_exposures(
        Store(store).live_folder(),
        exposures,
        base=Path.cwd(),
        config=optional_settings(config),
        content=content,
        why=reasons,
    )


def of_everybody(
    asked: "list[Asked]", store: Path, best: int | None, reasons: bool, purpose: str | None
) -> "Listed":
    """Answer for everybody, or the likeliest, content by content."""
    from segmentation.contents import PURPOSE
    from segmentation.store import Store

    appeal = Store(store).snapshot(None).appeal
    return appeal.listed(asked, best=best, why=reasons, purpose=purpose or PURPOSE)


def contents_of(content_ids: list[str], tags: tuple[str, ...], author: str | None) -> "list[Asked]":
    """The contents asked about: some of the run, or one described."""
    from segmentation.contents import Content

    if tags:
        return [Content(tags=tags, author=author)]
    return [Content(content_id) for content_id in dict.fromkeys(content_ids)]


def require_unused(**options: object) -> None:
    """Refuse an option that goes with another way of asking."""
    for name, value in options.items():
        if value:
            raise UsageError(f"`--{name}` does not go with this way of asking.")


def show(facts: dict[str, Any]) -> None:
    """Say what was scored, on what basis, and what could not be read."""
    typer.echo(f"{facts['scored']:,} answers in {facts['out']}.")
    for basis, rows in facts["answers"].items():
        typer.echo(f"  {rows:,} by {basis}")
    if facts.get("unknown_tags"):
        typer.echo(f"  Not known to the run: {', '.join(facts['unknown_tags'])}.")
    if facts.get("bad"):
        reasons = ", ".join(f"{count:,} {name}" for name, count in facts["reasons"].items())
        typer.echo(f"  {facts['bad']:,} rows could not be read: {reasons}")
