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
