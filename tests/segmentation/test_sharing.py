"""The sharing stage as a whole."""

import json
from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from pyarrow import parquet

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.sharing import score_sharing
from segmentation.simulator import simulate
from tests.sharing_tables import AS_OF, SCHEMAS, day, lively, write_tables

SIMULATED_AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def valid(source, target):
    """Bring the sharing tables of a folder into the shape ingest writes."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for name, schema in SCHEMAS.items():
            file = source / f"{name}.parquet"
            has = set(parquet.read_schema(file).names) if file.exists() else set()
            wanted = ", ".join(
                f"CAST({f.name if f.name in has else 'NULL'} AS {sql_type(f)}) AS {f.name}"
                for f in schema
            )
            rows = f"FROM '{file}'" if has else "WHERE FALSE"
            db.execute(f"COPY (SELECT {wanted} {rows} ORDER BY ALL) TO '{target}/{name}.parquet'")
        db.execute(f"""COPY (
            SELECT user_id FROM '{target}/events.parquet'
            UNION SELECT user_id FROM '{target}/exposures.parquet' ORDER BY user_id
        ) TO '{target}/people.parquet'""")
    return target


def sql_type(field):
    """DuckDB's name of a column's type."""
    names = {"ts": "TIMESTAMP", "value": "DOUBLE", "shared": "TINYINT", "granted": "BOOLEAN"}
    return names.get(field.name, "VARCHAR")


def nobody_in_circles(tables):
    """Circles of people who are in none."""
    return np.full(parquet.read_metadata(tables / "people.parquet").num_rows, -1, np.int32)


def scored(tables, *, as_of=AS_OF, circles=None, threads=2, seed=0):
    """Score the sharing of valid tables."""
    labels = nobody_in_circles(tables) if circles is None else circles
    with DuckEngine(threads=threads) as engine:
        return score_sharing(engine, Config(), tables, as_of=as_of, circles=labels, seed=seed)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Eight thousand simulated people with planted share probabilities: raw and valid tables."""
    raw, tables = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("valid")
    simulate(8_000, raw, seed=11)
    return raw, valid(raw, tables)


@pytest.fixture(scope="module")
def sharing(planted):
    """The planted population scored without circles."""
    return scored(planted[1], as_of=SIMULATED_AS_OF)


@pytest.fixture(scope="module")
def truth(planted):
    """The planted mean propensity of each person, in the order of the scores."""
    raw, tables = planted
    people = parquet.read_table(tables / "people.parquet").column("user_id").to_pylist()
    users = parquet.read_table(raw / "truth_users.parquet").to_pydict()
    by_user = dict(zip(users["user_id"], users["share_propensity"], strict=True))
    return np.array([by_user[user] for user in people])


def test_probabilities_are_calibrated_on_the_planted_population(sharing):
    """The model beats every baseline on later exposures with an error of at most 0.02."""
    report = sharing.report

    assert sharing.basis == "model"
    assert report["test"]["ece"] <= 0.02
    baselines = report["baselines"].values()
    assert report["test"]["auc"] > max(figures["auc"] for figures in baselines)
    assert report["test"]["rce"] > max(figures["rce"] for figures in baselines)


def test_bounds_hold_the_planted_propensity_as_often_as_said(sharing, truth):
    """About 80 % of people's planted mean propensity lies within their bounds."""
    inside = (truth >= sharing.low) & (truth <= sharing.high)

    assert 0.74 <= inside.mean() <= 0.88


def test_people_who_share_more_score_higher(sharing, truth):
    """The tenth with the highest scores has at least twice the planted propensity of the rest."""
    top = sharing.propensity >= np.quantile(sharing.propensity, 0.9)

    assert truth[top].mean() > 2 * truth[~top].mean()


def test_planted_currency_of_tags_is_found(planted, sharing):
    """Tags sure to be shown off have more planted currency than tags sure to be hidden."""
    tags = parquet.read_table(planted[0] / "truth_tags.parquet").to_pydict()
    currency = dict(zip(tags["tag"], tags["currency"], strict=True))
    table = sharing.tag_currency.to_pydict()
    shown, hidden = (
        [currency[t] for t, z in zip(table["tag"], table["z"], strict=True) if sign * z > 2]
        for sign in (1, -1)
    )

    assert np.mean(shown) > np.mean(hidden) + 0.5


def test_levers_sum_to_social_currency(sharing):
    """The six parts of everybody's score make it up."""
    assert sharing.levers.sum(axis=1) == pytest.approx(sharing.social_currency)


def test_the_report_is_plain_json(sharing):
    """The report can be saved, and holds no NaN."""
    assert json.loads(json.dumps(sharing.report, allow_nan=False)) == sharing.report


def test_threads_change_nothing(tmp_path):
    """One thread or two give the same scores to the last bit."""
    tables = lively(tmp_path, given=True, seen=3_000)

    one, two = (scored(tables, threads=threads) for threads in (1, 2))

    for name in ("propensity", "low", "high", "levers"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert np.array_equal(one.influence.reach, two.influence.reach)
    assert one.tag_currency.equals(two.tag_currency)
    assert one.report == two.report


def test_nothing_known_of_sharing_is_said_so(tmp_path):
    """Without exposures and ties scores are 0, bounds are open, and the statement says why."""
    tables = write_tables(tmp_path, people=["a"], events=[("a", day(1), "browse", "x", 1.0, None)])

    nothing = scored(tables)

    assert nothing.basis == "none"
    assert (nothing.propensity[0], nothing.low[0], nothing.high[0]) == (0.0, 0.0, 1.0)
    assert nothing.influence.score[0] == 0.0
    assert "No exposure" in nothing.report["statement"]


def test_a_source_without_time_gets_the_crowds_rate(tmp_path):
    """Undated exposures cannot be split by time; the run goes on."""
    tables = write_tables(
        tmp_path, people=["a", "b"], exposures=[("a", "k", None, 1), ("b", "k", None, 0)]
    )

    undated = scored(tables, as_of=None)

    assert undated.basis == "none"
    assert undated.report["exposures"]["undated"] == 2


def test_who_refuses_gets_the_crowds_rate_and_no_currency(tmp_path):
    """A refusal hides what a person did; scores say nothing of them."""
    told = [("a", day(1), "comment", "x", 1.0, None), ("b", day(1), "comment", "x", 1.0, None)]
    tables = write_tables(
        tmp_path, people=["a", "b"], events=told, consent=[("a", "sharing", False)]
    )

    sharing = scored(tables)

    assert sharing.social_currency[0] == 0.0
    assert sharing.social_currency[1] > 0.0


def test_seventy_six_real_shares_claim_little(shared_data, tmp_path):
    """On a real week with 76 shares the model is not used, and the rate keeps its bounds."""
    tables = valid(shared_data / "kuairand_week1", tmp_path)

    week = scored(tables, as_of=datetime(2022, 4, 30, 15, 2, 49, tzinfo=UTC))

    assert week.basis == "base_rate"
    assert week.report["exposures"]["exposures"] == 93_926
    assert week.report["exposures"]["shares"] == 76
    assert week.low[0] < 76 / 93_926 < week.high[0]
