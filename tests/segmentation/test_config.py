"""Settings are read strictly: unknown keys and wrong types are named."""

import pytest

from segmentation.config import Config
from segmentation.errors import ConfigError


def load(folder, text):
    """Read settings from text."""
    path = folder / "coterie.toml"
    path.write_text(text, encoding="utf-8")
    return Config.load(path)


def test_an_empty_file_gives_the_defaults(tmp_path):
    """Every key is optional."""
    assert load(tmp_path, "") == Config()


def test_a_key_goes_over_its_default_and_leaves_the_rest(tmp_path):
    """Only what is written changes."""
    config = load(tmp_path, '[facets.interest]\nmin_users = 9\n[input]\nevents = ["a", "b"]')

    assert config.facets.interest.min_users == 9
    assert config.facets.interest.sources == Config().facets.interest.sources
    assert config.input.events == ("a", "b")


def test_an_unknown_key_is_named_with_its_nearest_neighbour(tmp_path):
    """A typing mistake is shown beside what was meant."""
    with pytest.raises(ConfigError, match=r"`circles.covrage`.*Did you mean `coverage`\?"):
        load(tmp_path, "[circles]\ncovrage = 0.5")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[circles]\nmax_circles = true", "circles.max_circles"),
        ('[circles]\ncount = "many"', "circles.count"),
        ('[input]\nevents = "a"', "input.events"),
        ("[input]\nevents = [1]", "input.events"),
        ("circles = 3", "circles"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_and_shown(tmp_path, text, name):
    """The message carries the key and what was given."""
    with pytest.raises(ConfigError, match=rf"`{name}` in .* must be .*, got "):
        load(tmp_path, text)


@pytest.mark.parametrize("master", ["local", "local[4]", "local[*]", "spark://a:7077,b:7077"])
def test_masters_of_spark_are_known(tmp_path, master):
    """This machine, with so many threads, or a cluster."""
    text = f'[resources]\nengine = "spark"\nspark_master = "{master}"'

    assert load(tmp_path, text).resources.spark_master == master


@pytest.mark.parametrize("master", ["locally", "local[0]", "spark://host", "host:7077"])
def test_what_is_no_master_of_spark_is_refused(tmp_path, master):
    """The message shows how one looks."""
    with pytest.raises(ConfigError, match=r"`resources.spark_master` .* `spark://host:7077`"):
        load(tmp_path, f'[resources]\nspark_master = "{master}"')


def test_a_whole_number_serves_where_a_fraction_is_asked(tmp_path):
    """`half_life_days = 7` needs no decimal point."""
    assert (
        load(tmp_path, "[facets.interest]\nhalf_life_days = 7").facets.interest.half_life_days
        == 7.0
    )


def test_a_missing_file_says_how_to_make_one(tmp_path):
    """The error leads to `coterie init`."""
    with pytest.raises(ConfigError, match="coterie init"):
        Config.load(tmp_path / "none.toml")
