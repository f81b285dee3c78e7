"""Every command, option, route and setting is documented."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from segmentation.cli.app import program
from segmentation.config import Config
from service.app import create_app
from service.settings import Settings

DOCS = Path(__file__).resolve().parents[1] / "docs"
HTTP_METHODS = {"get", "post", "put", "delete", "patch"}


def commands(command: object, name: str) -> Iterator[tuple[str, object]]:
    """Every command of the program with its full name."""
    members = getattr(command, "commands", None)
    if members is None:
        yield name, command
        return
    for word, member in members.items():
        yield from commands(member, f"{name} {word}")


def options() -> list[tuple[str, str]]:
    """Every option of every command."""
    return [
        (name, option)
        for name, command in commands(typer.main.get_command(program()), "coterie")
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    ]


def settings(record: object, under: str = "") -> Iterator[tuple[str, object]]:
    """Every setting with its default."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            yield from settings(value, f"{under}{field.name}.")
        else:
            yield f"{under}{field.name}", value


@pytest.fixture(scope="module")
def command_page() -> dict[str, str]:
    """The page of commands, a section each."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    sections = text.split("\n## `")[1:]
    return {section.split("`")[0]: section for section in sections}


@pytest.mark.parametrize(
    "name", [name for name, _ in commands(typer.main.get_command(program()), "coterie")]
)
def test_every_command_has_a_section(name, command_page):
    """A command without a section cannot be found by its user."""
    assert name in command_page


@pytest.mark.parametrize(("name", "option"), options())
def test_every_option_stands_in_its_command_section(name, option, command_page):
    """An option is explained where its command is."""
    assert f"`{option}" in command_page[name]


@pytest.mark.parametrize("name", [name for name, _ in settings(Config())])
def test_every_setting_has_a_row(name):
    """A setting without a row is a secret."""
    assert f"| `{name}` |" in (DOCS / "settings.md").read_text(encoding="utf-8")


def test_every_route_is_documented(tmp_path):
    """The page of routes names each method and path the service answers."""
    page = (DOCS / "http.md").read_text(encoding="utf-8")
    paths = create_app(Settings(store=tmp_path, no_auth=True)).openapi()["paths"]

    missing = [
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if method in HTTP_METHODS and f"`{method.upper()} {path}`" not in page
    ]

    assert not missing


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_service_setting_is_documented(name):
    """What the service reads from its environment stands on the page of operations."""
    variable = Settings.model_fields[name].validation_alias or f"COTERIE_{name.upper()}"

    assert f"| `{variable}` |" in (DOCS / "operations.md").read_text(encoding="utf-8")
