"""Asking a live snapshot who shares what when."""

import shutil
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from scipy import special

from models.evidence import features
from models.reliability import quality
from segmentation.config import Config
from segmentation.database import open_database
from segmentation.engine import DuckEngine
from segmentation.erasure import erase
from segmentation.errors import InputError, StoreError
from segmentation.evidence import counts_before
from segmentation.exposures import keep
from segmentation.learned import read_learned
from segmentation.manifest import read_manifest, verify_files
from segmentation.propensity import RECIPES, read_lessons
from segmentation.scoring import score_exposures
from segmentation.sharelog import open_facts
from segmentation.sharing import prepare
from segmentation.simulator import simulate
from segmentation.store import Store
from tests.segmentation.conftest import NOW
from tests.segmentation.test_sharing import valid

COLUMNS = ["user_id", "content_id", "ts"]


@pytest.fixture(scope="module")
def early(tmp_path_factory):
    """A simulated population's tables, and its last exposures in a file apart."""
    folder = tmp_path_factory.mktemp("early")
    simulate(4_000, folder, seed=3)
    seen = pq.read_table(folder / "exposures.parquet").sort_by("ts")
    cut = seen["ts"][int(0.7 * seen.num_rows)].as_py()
    for name in ("events", "exposures", "edges"):
        table = pq.read_table(folder / f"{name}.parquet")
        known = pa.array([ts is None or ts < cut for ts in table["ts"].to_pylist()])
        pq.write_table(table.filter(known), folder / f"{name}.parquet")
    late = seen.filter(pa.array([ts >= cut for ts in seen["ts"].to_pylist()]))
    pq.write_table(late, folder / "late.parquet")
    return folder


@pytest.fixture(scope="module")
def ran(early, run_once, tmp_path_factory):
    """The snapshot of a run that knows the early part alone."""
    store = tmp_path_factory.mktemp("ran") / "store"
    run_once(early, store)
    return Store(store)


def scored(store, path, **settings):
    """Score a file by the live snapshot."""
    return score_exposures(
        store.live_folder(), [str(path)], base=path.parent, config=Config(**settings)
    )


def written(folder, rows, name="asked.parquet"):
    """Write asked rows as Parquet."""
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table(columns), folder / name)
    return folder / name


def test_later_exposures_are_ranked_and_calibrated(ran, early):
    """On the part the run never saw the answers beat the base rate, in the order asked."""
    late = pq.read_table(early / "late.parquet")

    answers = scored(ran, early / "late.parquet").table

    assert answers["user_id"].equals(late["user_id"])
    assert answers["content_id"].equals(late["content_id"])
    said = answers["share_probability"].to_numpy()
    outcome = late["shared"].to_numpy().astype(float)
    figures = quality(outcome, probabilities=said, base_rate=0.03)
    assert figures.auc > 0.6
    assert figures.ece <= 0.02
    low, high = answers["low"].to_numpy(), answers["high"].to_numpy()
    assert np.all((low >= 0) & (low <= said) & (said <= high) & (high <= 1))


def test_features_are_those_of_the_run(ran, early):
    """What the kept facts say of an exposure is what the run learned it from."""
    config = Config()
    folder = ran.live_folder()
    with DuckEngine() as engine:
        open_facts(engine, folder)
        keep(engine, "lesson", "SELECT * FROM exposure WHERE settled")
        kept = features(counts_before(engine, "lesson"))
        people = pq.read_table(folder / "sharing" / "person.parquet")
    work = valid_tables(early, folder)
    with DuckEngine() as engine:
        circles = np.full(pq.read_metadata(work / "people.parquet").num_rows, -1)
        circles[people["person"].to_numpy()] = people["circle"].to_numpy()
        prepare(engine, config, work, as_of=as_of(folder), circles=circles)
        learned = read_lessons(engine).X

    assert np.array_equal(kept, learned, equal_nan=True)


def valid_tables(early, folder):
    """The early tables as a run reads them."""
    target = early / "valid"
    target.mkdir(exist_ok=True)
    valid(early, target)
    people = pq.read_table(folder / "tables" / "users.parquet").select(["user_id"])
    pq.write_table(people.sort_by("user_id"), target / "people.parquet")
    return target


def as_of(folder):
    """The moment a snapshot describes."""
    return datetime.fromisoformat(read_manifest(folder)["as_of"])


def test_outcomes_in_the_file_change_nothing(ran, early, tmp_path):
    """A file that tells who shared is answered as one that does not."""
    late = pq.read_table(early / "late.parquet").slice(0, 500)
    shared = late.set_column(late.column_names.index("shared"), "shared", pa.array([1] * 500))
    for name, table in (("told", shared), ("untold", late.select(COLUMNS))):
        pq.write_table(table, tmp_path / f"{name}.parquet")

    told, untold = (scored(ran, tmp_path / f"{name}.parquet") for name in ("told", "untold"))

    assert told.table.equals(untold.table)


def test_only_what_was_known_before_counts(ran, early, tmp_path):
    """Asked for a moment before its first act, a user is as unknown as one never seen."""
    seen = pq.read_table(early / "exposures.parquet").sort_by("ts")
    first, user = seen["ts"][0].as_py(), seen["user_id"][0].as_py()
    content = seen["content_id"][0].as_py()
    long_before = first - timedelta(days=3_000)
    path = written(tmp_path, [(user, content, long_before), ("nobody", content, long_before)])

    answers = scored(ran, path).table

    known, unknown = answers["share_probability"].to_pylist()
    assert known == unknown


def test_strangers_get_wide_answers_that_say_so(ran, early, tmp_path):
    """An unknown user or content is marked; of neither known the crowd's rate is told."""
    late = pq.read_table(early / "late.parquet").slice(0, 1).to_pylist()[0]
    user, content, ts = (late[name] for name in COLUMNS)
    asked = [(user, content, ts), ("x", content, ts), (user, "y", ts), ("x", "y", ts)]

    told = scored(ran, written(tmp_path, asked))

    answers, basis = told.table.to_pylist(), told.learned.basis
    assert basis in RECIPES
    assert [row["basis"] for row in answers] == [
        basis, f"{basis}, new user", f"{basis}, new content", "base_rate",
    ]  # fmt: skip
    crowd = read_learned(ran.live_folder()).crowd
    assert answers[3]["share_probability"] == crowd[0]
    assert answers[3]["low"] < crowd[1]
    assert answers[3]["high"] > crowd[2]


@pytest.mark.parametrize("name", ["asked.csv", "asked.ndjson"])
def test_text_files_are_read_as_parquet_is(ran, early, tmp_path, name):
    """CSV and NDJSON give the same answers in the same order."""
    late = pq.read_table(early / "late.parquet").slice(0, 40).select(COLUMNS)
    pq.write_table(late, tmp_path / "asked.parquet")
    if name.endswith("csv"):
        pa_csv.write_csv(late, tmp_path / name)
    else:
        late.to_pandas().to_json(tmp_path / name, orient="records", lines=True, date_format="iso",
                                 date_unit="us")  # fmt: skip

    text, parquet = (scored(ran, tmp_path / each).table for each in (name, "asked.parquet"))

    assert text.equals(parquet)


def test_bad_rows_are_counted_with_their_reasons(ran, early, tmp_path):
    """A row without a user is left out and told; too many of them stop the command."""
    late = pq.read_table(early / "late.parquet").slice(0, 99).select(COLUMNS).to_pylist()
    rows = [tuple(row.values()) for row in late]
    path = written(tmp_path, [*rows, (None, "c", rows[0][2])])

    answer = scored(ran, path)

    assert (answer.rows.valid, answer.rows.bad) == (99, 1)
    assert answer.rows.reasons == {"no_user": 1}
    worse = written(tmp_path, [*rows[:9], (None, "c", rows[0][2])], "worse.parquet")
    with pytest.raises(InputError, match=r"1 of 10 rows of the exposures are bad.*no_user"):
        scored(ran, worse)


def test_a_table_without_a_needed_column_says_which(ran, tmp_path):
    """The message names the column and those that are there."""
    pq.write_table(pa.table({"user_id": ["a"], "content_id": ["b"]}), tmp_path / "asked.parquet")

    with pytest.raises(InputError, match="has no column `ts`"):
        scored(ran, tmp_path / "asked.parquet")


def test_a_snapshot_that_kept_no_model_says_so(tmp_path):
    """A run of before is not answered by a guess."""
    with pytest.raises(StoreError, match="before models of sharing were kept"):
        read_learned(tmp_path)


def test_an_erased_person_is_a_stranger(ran, early, tmp_path):
    """Erasure takes a person's facts out of the snapshot; the manifest still holds."""
    store = Store(shutil.copytree(ran.path, tmp_path / "store"))
    late = pq.read_table(early / "late.parquet").slice(0, 1).to_pylist()[0]
    path = written(tmp_path, [tuple(late[name] for name in COLUMNS)])

    erase(store, open_database(store.path, None), late["user_id"], now=NOW)

    folder = store.live_folder()
    verify_files(folder, read_manifest(folder))
    told = scored(store, path)
    assert told.table["basis"].to_pylist() == [f"{told.learned.basis}, new user"]
    raw = b"".join(file.read_bytes() for file in (folder / "sharing").rglob("*.*"))
    assert late["user_id"].encode() not in raw


def test_reasons_add_up_to_each_answer(ran, early, tmp_path):
    """With reasons asked for, base and parts are the log-odds, and the answers stay."""
    late = pq.read_table(early / "late.parquet").slice(0, 300).select(COLUMNS)
    pq.write_table(late, tmp_path / "asked.parquet")
    plain = scored(ran, tmp_path / "asked.parquet")

    told = score_exposures(
        ran.live_folder(), [str(tmp_path / "asked.parquet")], base=tmp_path, config=Config(),
        why=True,
    )  # fmt: skip

    assert told.table.select(plain.table.column_names).equals(plain.table)
    base = told.to_dict()["base_log_odds"]
    for row in told.table.to_pylist():
        total = base + sum(part["log_odds"] for part in row["reasons"])
        assert total == pytest.approx(special.logit(row["share_probability"]))


@pytest.mark.parametrize("later", [True, False], ids=["later", "earlier"])
def test_a_content_told_of_later_is_known_by_its_tags(ran, early, tmp_path, later):
    """New to the run, it is answered by what its tags and author are worth."""
    known = pq.read_table(early / "content.parquet")
    seen = pq.read_table(early / "exposures.parquet").sort_by("ts")
    user, ts = (seen[name][-1].as_py() for name in ("user_id", "ts"))
    ts += timedelta(days=1) if later else -timedelta(days=1)
    twin = known.filter(pa.array([one == "c000003" for one in known["content_id"].to_pylist()]))
    named = pa.array(["new"] * twin.num_rows)
    at = twin.column_names.index("content_id")
    pq.write_table(twin.set_column(at, "content_id", named), tmp_path / "content.parquet")
    asked = written(tmp_path, [(user, "new", ts)])

    def answer(**more):
        told = score_exposures(
            ran.live_folder(), [str(asked)], base=tmp_path, config=Config(), why=True, **more
        )
        row = told.table.to_pylist()[0]
        reasons = {part["reason"]: part["log_odds"] for part in row["reasons"]}
        return row["basis"], reasons, told.learned.basis

    before, unknown, basis = answer()
    after, told, _ = answer(content=[str(tmp_path / "content.parquet")])

    assert (before, after) == (f"{basis}, new content", basis)
    assert told.get("tags", 0.0) != unknown.get("tags", 0.0)
