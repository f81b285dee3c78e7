"""How likely everybody is to share one content."""

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from segmentation.bitmaps import array_of
from segmentation.config import Config
from segmentation.contents import Content
from segmentation.erased import mark
from segmentation.errors import NotFound, UsageError
from segmentation.resonance import FOLDER
from segmentation.scoring import score_exposures
from segmentation.store import Store
from tests.sharemodels import AUTHOR, GLADLY
from tests.snapshots import build_snapshot


@pytest.fixture
def planted(tmp_path):
    """A snapshot whose user `i` shared `i % 4` of ten contents."""
    return build_snapshot(tmp_path / "run", users=80)


def said(snapshot, content, **asked):
    """What everybody is answered, by user."""
    table = snapshot.appeal.listed([content], purpose=None, **asked).table
    return dict(zip(table["user_id"].to_pylist(), table.to_pylist(), strict=True))


def test_everybody_is_answered_the_likeliest_first(planted):
    """One row a user, by falling probability."""
    table = planted.appeal.listed([Content("c0")], purpose=None).table

    assert sorted(table["user_id"].to_pylist()) == sorted(planted.audiences.registry.ids)
    told = table["share_probability"].to_numpy()
    assert np.all(np.diff(told) <= 0)


def test_whoever_shared_more_is_likelier(planted):
    """Users differ by their past alone where the circle is the same."""
    ids = pq.read_table(planted.folder / FOLDER / "person.parquet")["user_id"].to_pylist()
    told = said(planted, Content("c0"))

    by_shares = [np.mean([told[name]["share_probability"] for name in ids[n::4]]) for n in range(4)]

    assert by_shares == sorted(by_shares)


def test_contents_differ_as_they_were_shared(planted):
    """The first was shared twice as often as the second, the third never."""
    told = [said(planted, Content(name)) for name in ("c0", "c1", "c2")]

    for user in told[0]:
        first, second, third = (one[user]["share_probability"] for one in told)
        assert first > second > third


def test_the_best_are_the_first_of_everybody_with_their_reasons(planted):
    """Cutting the list changes no answer."""
    every = planted.appeal.listed([Content("c0")], purpose=None, why=True).table

    best = planted.appeal.listed([Content("c0")], purpose=None, why=True, best=7).table

    assert best.equals(every.slice(0, 7))
    assert all(best["reasons"].to_pylist())


def test_several_contents_come_one_after_another(planted):
    """Each by its own order."""
    asked = [Content("c1"), Content("c0")]

    table = planted.appeal.listed(asked, purpose=None, best=3).table

    assert table["content_id"].to_pylist() == ["c1"] * 3 + ["c0"] * 3


def test_an_author_and_tags_make_a_content(planted):
    """A tag shared gladly and an author shared gladly speak for it; unknown ones are told."""
    facts = planted.appeal.facts(Content(tags=(GLADLY, "nonsense"), author=AUTHOR))
    stranger = planted.appeal.facts(Content(tags=("nonsense",)))

    assert (facts["unknown_tags"], stranger["unknown_tags"]) == (["nonsense"], ["nonsense"])
    assert {row["basis"] for row in facts["users"]} == {"model"}
    assert {row["basis"] for row in stranger["users"]} == {"model, new content"}
    assert (
        facts["users"][0]["share_probability"]["estimate"]
        > (stranger["users"][0]["share_probability"]["estimate"])
    )


def test_the_erased_and_those_who_refuse_are_not_answered_for(planted):
    """Neither is in the list; nor who refuses what it is for."""
    ids = list(planted.audiences.registry.ids)
    gone = ids[5]
    mark(planted.folder / "index", 5)

    table = planted.appeal.listed([Content("c0")], purpose="ads").table
    open_to_it = set(table["user_id"].to_pylist())

    assert gone not in open_to_it
    refusing = planted.audiences.rows[array_of(planted.audiences.refusing("ads"))]
    assert not open_to_it & {ids[row] for row in refusing}
    assert len(open_to_it) < len(ids) - 1


@pytest.mark.parametrize("wrong", [{}, {"content_id": "c0", "tags": ("yoga",)}])
def test_a_content_is_named_one_way(wrong):
    """By id or by tags."""
    with pytest.raises(UsageError, match="by its id or by its tags"):
        Content(**wrong)


def test_an_unknown_id_is_not_guessed(planted):
    """A content nobody knows is told by its tags."""
    with pytest.raises(NotFound, match="no content `gone`"):
        planted.appeal.answers(Content("gone"), np.array([0]))


def test_everybody_is_answered_as_a_file_of_everybody_is(population, run_once, tmp_path):
    """Both ways of asking a real run give the same numbers."""
    run_once(population, tmp_path / "store")
    store = Store(tmp_path / "store")
    snapshot = store.snapshot(None)
    table = snapshot.appeal.listed([Content("c000000")], purpose=None).table
    asked = table.select(["user_id", "content_id"]).append_column(
        "ts", pa.array(["2100-01-01T00:00:00Z"] * table.num_rows)
    )
    pa_csv.write_csv(asked, tmp_path / "asked.csv")

    told = score_exposures(
        snapshot.folder, [str(tmp_path / "asked.csv")], base=tmp_path, config=Config()
    ).table

    for name in ("share_probability", "low", "high", "basis"):
        assert told[name].to_pylist() == table[name].to_pylist()
