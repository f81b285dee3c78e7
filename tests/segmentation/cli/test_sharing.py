"""The commands about sharing, as a user types them."""

import json

import pyarrow.parquet as pq
import pytest

from segmentation.cli.app import main


def test_score_writes_a_row_for_each_asked(population, run_once, tmp_path, capsys):
    """The file holds the answers, the JSON how many and on what basis."""
    run_once(population, tmp_path / "store")
    asked = population / "exposures.parquet"
    words = ["score", "--exposures", str(asked), "--out", str(tmp_path / "said.csv"), "--json"]

    with pytest.raises(SystemExit) as stopped:
        main([*words, "--store", str(tmp_path / "store")])

    assert stopped.value.code == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["scored"] == pq.read_metadata(asked).num_rows
    assert sum(facts["answers"].values()) == facts["scored"]
    header = (tmp_path / "said.csv").read_text().splitlines()[0]
    assert header.replace('"', "") == "user_id,content_id,ts,share_probability,low,high,basis"


def test_score_without_a_run_is_bad_input(tmp_path, capsys):
    """An empty store is told in one sentence, without a traceback."""
    words = ["score", "--exposures", "x.parquet", "--out", str(tmp_path / "said.csv")]

    with pytest.raises(SystemExit) as stopped:
        main([*words, "--store", str(tmp_path / "store")])

    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["resonance", "--gaps"], {"run_id", "gaps"}),
        (["currency"], {"run_id", "shown_off", "kept"}),
        (["resonance", "--tags", "a, b"], {"run_id", "basis", "tags", "unknown_tags", "circles",
                                           "best_circles", "offended_circles"}),
    ],
)  # fmt: skip
def test_answers_are_one_json_object(ran, words, fields, capsys):
    """Each command prints its fields as JSON, and text without the option."""
    facts = printed([*words, "--json", "--store", str(ran)], capsys)
    printed([*words, "--store", str(ran)], capsys, as_json=False)

    assert set(facts) == fields


def test_score_of_everybody_writes_the_likeliest_first(ran, tmp_path, capsys):
    """The best of everybody with reasons, as a file."""
    out = tmp_path / "said.ndjson"
    words = ["score", "--content-id", "c000000", "--best", "5", "--reasons", "--out", str(out)]

    facts = printed([*words, "--json", "--store", str(ran)], capsys)
    printed([*words, "--store", str(ran)], capsys, as_json=False)

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    told = [row["share_probability"] for row in rows]
    assert facts["scored"] == len(rows) == 5
    assert told == sorted(told, reverse=True)
    assert {row["content_id"] for row in rows} == {"c000000"}


@pytest.mark.parametrize(
    "words",
    [[], ["--content-id", "a", "--tags", "b"], ["--exposures", "x.csv", "--best", "3"],
     ["--exposures", "x.csv", "--purpose", "ads"], ["--tags", "a", "--content", "x.csv"],
     ["--content-id", "a", "--author", "b"]],
)  # fmt: skip
def test_score_asks_one_way(ran, tmp_path, words, capsys):
    """Options of another way of asking are refused, not passed over."""
    with pytest.raises(SystemExit) as stopped:
        main(["score", *words, "--out", str(tmp_path / "said.csv"), "--store", str(ran)])

    assert stopped.value.code == 2
    assert "Give one of" in (err := capsys.readouterr().err) or "does not go with" in err


def test_a_user_is_told_lever_by_lever(ran, capsys):
    """The levers sum to the score that is shown."""
    users = pq.read_table(next((ran / "runs").iterdir()) / "tables" / "users.parquet")
    user_id = users["user_id"][3].as_py()

    facts = printed(["currency", "--user", user_id, "--json", "--store", str(ran)], capsys)

    assert sum(row["adds"] for row in facts["levers"]) == pytest.approx(facts["social_currency"])


def test_half_a_question_is_bad_usage(ran, capsys):
    """Neither tags nor gaps, or both, is told from an empty answer."""
    for words in (["resonance"], ["resonance", "--tags", "a", "--gaps"]):
        with pytest.raises(SystemExit) as stopped:
            main([*words, "--store", str(ran)])
        assert stopped.value.code == 2


@pytest.fixture(scope="module")
def ran(population, run_once, tmp_path_factory):
    """A store with a run."""
    store = tmp_path_factory.mktemp("ran") / "store"
    run_once(population, store)
    return store


def printed(words, capsys, *, as_json=True):
    """What a command prints."""
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert out.strip()
    return json.loads(out) if as_json else None
