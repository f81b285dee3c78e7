"""Settings no run could go by are refused when they are read, not when the run gets there."""

import pytest

from segmentation.bounds import BOUNDS, found
from segmentation.config import Config
from segmentation.errors import ConfigError


def load(folder, text):
    """Read settings from text."""
    path = folder / "coterie.toml"
    path.write_text(text, encoding="utf-8")
    return Config.load(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[circles]\ncount = -3", r"`circles.count` in .* must be at least 1, got -3"),
        ("[circles]\ncoverage = 1.5", r"above 0 and at most 1, got 1.5"),
        ("[circles]\ncoverage = 0", r"`circles.coverage`.*above 0"),
        ("[input]\nmax_bad_share = 7", r"at least 0 and at most 1, got 7"),
        ("[input]\nmax_bad_share = nan", r"`input.max_bad_share`.*got nan"),
        ("[facets.lifestyle]\nmin_tags = 0", r"`facets.lifestyle.min_tags`.*at least 1"),
        ("[store]\nkeep_runs = 0", r"`store.keep_runs`.*at least 1"),
        ("[privacy]\nmin_audience = -1", r"`privacy.min_audience`.*at least 0"),
        ("[sharing]\nhorizon_days = 0", r"`sharing.horizon_days`.*above 0"),
        ("[resources]\nthreads = 0", r"`resources.threads`.*at least 1"),
    ],
)
def test_a_number_out_of_bounds_is_named_with_its_bounds(tmp_path, text, says):
    """The message says which setting, what it may be, and what was given."""
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)


@pytest.mark.parametrize("pattern", BOUNDS)
def test_every_bound_is_of_a_setting_and_holds_for_its_default(pattern):
    """A renamed setting takes its bounds along."""
    named = found(Config(), pattern)

    assert named
    assert all(isinstance(value, str) or BOUNDS[pattern].hold(value) for _, value in named)


def test_a_channel_in_two_roles_is_refused(tmp_path):
    """A purchase that is also an interest would count twice."""
    with pytest.raises(ConfigError, match=r'"browse" .*`channels.interest` and `channels.money`'):
        load(tmp_path, '[channels]\nmoney = ["browse", "return"]')
