"""The files `coterie init` writes."""

import dataclasses
import tomllib

import pytest

from segmentation.config import Config
from segmentation.errors import UsageError
from segmentation.policy import Policy
from segmentation.templates import TEMPLATES, write_templates


def settings(record, under=""):
    """Every setting of a record, by its dotted name."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            yield from settings(value, f"{under}{field.name}.")
        else:
            yield f"{under}{field.name}", value


def written(name):
    """The value a dotted setting has in the template."""
    table = tomllib.loads((TEMPLATES / "coterie.toml").read_text(encoding="utf-8"))
    for key in name.split("."):
        table = table[key]
    return tuple(table) if isinstance(table, list) else table


@pytest.mark.parametrize(("name", "default"), list(settings(Config())))
def test_the_template_holds_every_setting_with_its_default(name, default):
    """A new setting must be explained here too."""
    assert written(name) == default


def test_the_templates_mean_what_runs_without_them_mean(tmp_path):
    """Loading what init wrote changes nothing."""
    write_templates(tmp_path)

    assert Config.load(tmp_path / "coterie.toml") == Config()
    assert Policy.load(tmp_path / "rights.toml") == Policy.load()


def test_files_already_there_are_never_overwritten(tmp_path):
    """Nothing is written when one of the two is taken."""
    (tmp_path / "rights.toml").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match=r"rights\.toml is already there"):
        write_templates(tmp_path)

    assert not (tmp_path / "coterie.toml").exists()
