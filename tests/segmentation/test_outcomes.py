"""A campaign's outcomes from a file to its lift."""

import json

import numpy as np
import pandas as pd
import pytest

from segmentation.cli import main
from segmentation.errors import InputError, UsageError
from segmentation.outcomes import lift_of, read_outcomes
from segmentation.planning import plan


@pytest.fixture
def frame():
    """A campaign that added three in one circle and nothing in the other."""
    random = np.random.default_rng(0)
    people = 4_000
    treated = random.random(people) < 0.5
    before = random.normal(20, 5, people)
    circle = np.arange(people) % 2
    outcome = before + random.normal(0, 2, people) + 3.0 * treated * (circle == 0)
    ids = [f"u{who}" for who in range(people)]
    return pd.DataFrame(
        {"user_id": ids, "treated": treated.astype(int), "outcome": outcome, "before": before}
    )


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_lift_is_found_overall_and_by_circle(frame, tmp_path, ending):
    """Half of three overall; three and none by circle; narrower by what came before."""
    path = tmp_path / f"outcomes.{ending}"
    frame.to_parquet(path) if ending == "parquet" else frame.to_csv(path, index=False)
    circles = {f"u{who}": f"interest-{who % 2}" for who in range(4_000)}

    found = lift_of(path, circles=circles)

    assert found["overall"]["low"] < 1.5 < found["overall"]["high"]
    assert found["overall"]["narrowed"] > 0.5
    assert found["circles"]["interest-0"]["low"] < 3.0 < found["circles"]["interest-0"]["high"]
    assert found["circles"]["interest-1"]["low"] < 0.0 < found["circles"]["interest-1"]["high"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treated": 2}, "`treated` in .* must be 1 or 0"),
        ({"user_id": "u0"}, "has `u0` twice"),
        ({"outcome": float("nan")}, "has `(nan|None)` as `outcome` of `u0`: give a number"),
        ({"outcome": "x"}, "has `x` as `outcome` of `u0`: give a number"),
        ({"user_id": None}, "has a row without a `user_id`"),
        ({"treated": 1}, "0 held out"),
    ],
)
def test_outcomes_that_cannot_be_compared_are_refused(frame, tmp_path, change, message):
    """The message says what is wrong."""
    path = tmp_path / "outcomes.parquet"
    frame.assign(**change).to_parquet(path)

    with pytest.raises(InputError, match=message):
        lift_of(path)


def test_ids_of_a_csv_are_read_as_they_are_written(tmp_path):
    """Those of digits keep their zeros; arms may be told by words."""
    path = tmp_path / "outcomes.csv"
    path.write_text("user_id,treated,outcome\n007,true,1\n12,False,2.5\n", encoding="utf-8")

    found = read_outcomes(path)

    assert found["user_id"].tolist() == ["007", "12"]
    assert found["treated"].tolist() == [1, 0]
    assert found["outcome"].tolist() == [1.0, 2.5]


def test_a_missing_column_is_named(frame, tmp_path):
    """With those that are needed."""
    path = tmp_path / "outcomes.parquet"
    frame.drop(columns="outcome").to_parquet(path)

    with pytest.raises(InputError, match="has no column `outcome`"):
        lift_of(path)


def test_a_campaign_that_could_not_tell_is_refused_with_the_number_needed():
    """And with that number it is not."""
    asked = {"deviation": 10.0, "effect": 1.0, "holdout_share": 0.1}
    with pytest.raises(UsageError, match="8,721 are needed"):
        plan(people=1_000, **asked)

    assert plan(people=8_721, **asked)["power"] == pytest.approx(0.8, abs=0.001)


def test_the_command_measures_without_a_store(frame, tmp_path, capsys):
    """Overall alone, as JSON."""
    path = tmp_path / "outcomes.parquet"
    frame.to_parquet(path)

    with pytest.raises(SystemExit, match="0"):
        main(
            ["lift", "measure", "--outcomes", str(path), "--store", str(tmp_path / "no"), "--json"]
        )

    facts = json.loads(capsys.readouterr().out)
    assert facts["overall"]["lift"] == pytest.approx(1.5, abs=0.2)
    assert facts["circles"] == {}
