"""Who shares what: answers of `coterie score` on later exposures beside ways of knowing less.

    python -m benchmarks.sharing [--users 20000] [--levels easy medium hard] [--seed 0]
    python -m benchmarks.sharing --week FOLDER [--outcome liked] [--share 0.6]
    python -m benchmarks.sharing --million

The first cuts simulated exposures at 70 % of their time, makes a run of what was before and asks it
about the rest. The second does so with a folder of `events`, `exposures` and what else a run takes,
such as a week of KuaiRand; another column may stand in for the outcome. Beside the answers stand
the planted probability where there is one, the base rate, past rates of user and content, logistic
regression on our features, and boosted trees without them: on plain facts of user, content and
hour. Intervals resample users a hundred times. The third scores a million people on one content.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.stats import spearmanr
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import million
from benchmarks.later import Asked, cut
from benchmarks.pipeline import coterie
from models.currency import LEVERS
from models.evidence import FEATURES, GROUPS, features
from models.propensity import SharePropensity
from models.reliability import quality
from segmentation.engine import DuckEngine
from segmentation.evidence import counts_before
from segmentation.exposures import keep
from segmentation.resonance import FOLDER
from segmentation.scoring import open_question
from segmentation.sharelog import open_facts
from segmentation.sharescores import counts_of
from segmentation.sharestate import STATE, ShareState
from segmentation.store import Store

FloatArray = npt.NDArray[np.float64]
RESAMPLES = 100
TAGS = 40
WORTH = 20.0
"""Exposures the base rate weighs as much as in past rates."""
DAY = 86_400_000_000


def main() -> None:
    """Print the tables asked for."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=["easy", "medium", "hard"])
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--week", type=Path)
    ask.add_argument("--outcome", default="shared")
    ask.add_argument("--share", type=float, default=0.6)
    ask.add_argument("--million", action="store_true")
    given = ask.parse_args()
    if given.million:
        million.main()
        return
    for title, asked in sources(given):
        show(title, asked)


def sources(given: argparse.Namespace) -> Iterator[tuple[str, Asked]]:
    """Make a run of the early part of each source."""
    if given.week:
        with tempfile.TemporaryDirectory() as folder:
            yield given.outcome, cut(given.week, Path(folder), given.outcome, given.share)
        return
    for level in given.levels:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            words = ("--users", given.users, "--seed", given.seed, "--difficulty", level)
            coterie("simulate", *words, "--out", data)
            yield f"{level}, {given.users:,} people", cut(data, Path(folder), "shared", 0.7)


def show(title: str, asked: Asked) -> None:
    """Print every way to answer, and what the run says of itself."""
    outcomes = asked.late.shared.to_numpy(dtype=np.float64)
    report = Store(asked.store).report(asked.snapshot.name)["sharing"]
    print(f"\n## {title}: {int(outcomes.sum()):,} of {len(outcomes):,} later exposures shared")
    print(f"basis {report['basis']}; {report['statement']}")
    print(f"{'':28}{'AUC':>7} {'(95 %)':>15}{'PR-AUC':>9} {'(95 %)':>17}{'Brier':>9}{'ECE':>8}"
          f"{'RCE %':>8}{'lift':>6}")  # fmt: skip
    weights = resampled(asked.late.user_id)
    rows = answers(asked)
    for name, said in rows.items():
        print(f"{name:28}{line(outcomes, said, asked.rate, weights)}", flush=True)
    circles(asked, outcomes, rows["coterie score"])
    ablation(asked, outcomes)
    if "planted" in asked.late:
        planted_currency(asked)
        levers(asked)


def answers(asked: Asked) -> dict[str, FloatArray]:
    """Return what each way says of the later exposures."""
    late, base = asked.late, asked.rate
    known, X = lessons(asked), later_features(asked)
    y = known[1]
    plain_early, plain_late = plain(asked)
    logistic = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000))
    trees = HistGradientBoostingClassifier(max_leaf_nodes=8, learning_rate=0.05, random_state=0)
    planted = {"planted probability": late.planted.to_numpy()} if "planted" in late else {}
    return {
        "coterie score": scores(asked).share_probability.to_numpy(),
        **planted,
        "base rate": np.full(len(late), base),
        "user's past rate": past_rate(asked, "user_id"),
        "content's past rate": past_rate(asked, "content_id"),
        "logistic, our features": logistic.fit(known[0], y).predict_proba(X)[:, 1],
        "trees, plain features": trees.fit(plain_early, asked.early.shared).predict_proba(
            plain_late
        )[:, 1],
    }


def scores(asked: Asked) -> pd.DataFrame:
    """Ask the run through its command, as a user does."""
    path, out = asked.scratch / "asked.parquet", asked.scratch / "said.parquet"
    asked.late[["user_id", "content_id", "ts"]].to_parquet(path)
    coterie("score", "--exposures", path, "--out", out, "--store", asked.store)
    return pd.read_parquet(out)


def lessons(asked: Asked) -> tuple[FloatArray, FloatArray]:
    """Return the features and outcomes the run learned from."""
    with DuckEngine() as engine:
        open_facts(engine, asked.snapshot)
        keep(engine, "lesson", "SELECT * FROM exposure WHERE settled")
        outcomes = engine.execute("SELECT shared FROM lesson ORDER BY row")
        return features(counts_before(engine, "lesson")), outcomes["shared"].to_numpy()


def later_features(asked: Asked) -> FloatArray:
    """Return our features of the later exposures."""
    rows = pa.Table.from_pandas(asked.late[["user_id", "content_id", "ts"]])
    state = ShareState.open(asked.snapshot / FOLDER / STATE)
    with DuckEngine() as engine:
        return features(counts_of(engine, open_question(asked.snapshot, rows), state))


def past_rate(asked: Asked, key: str) -> FloatArray:
    """Return the past rate of each row's user or content, drawn to the base rate."""
    past = asked.early.groupby(key).shared.agg(["sum", "size"])
    rates = (past["sum"] + WORTH * asked.rate) / (past["size"] + WORTH)
    return rates.reindex(asked.late[key]).fillna(asked.rate).to_numpy()


def plain(asked: Asked) -> tuple[FloatArray, FloatArray]:
    """Return what anybody would take first: activity, popularity, hour, and the content's tags."""
    common = asked.content.tag.value_counts().index[:TAGS]
    has = pd.crosstab(asked.content.content_id, asked.content.tag).reindex(columns=common)
    seen = {key: asked.early[key].value_counts() for key in ("user_id", "content_id")}

    def columns(rows: pd.DataFrame) -> FloatArray:
        counts = [seen[key].reindex(rows[key]).fillna(0).to_numpy() for key in seen]
        tags = has.reindex(rows.content_id).fillna(0).to_numpy()
        return np.column_stack([*counts, rows.ts.dt.hour, rows.ts.dt.day_of_week, tags])

    return columns(asked.early), columns(asked.late)


def resampled(users: pd.Series) -> FloatArray:
    """Return how often each row counts in each resample of users, shape (resamples, rows)."""
    code, _ = pd.factorize(users)
    rng = np.random.default_rng(0)
    draws = rng.poisson(1.0, (RESAMPLES, code.max() + 1))
    return draws[:, code].astype(np.float64)


def line(outcomes: FloatArray, said: FloatArray, base: float, weights: FloatArray) -> str:
    """Write the figures of one way to answer, two of them with intervals."""
    found = quality(outcomes, probabilities=said, base_rate=base)
    area = interval(roc_auc_score, outcomes, said, weights)
    precision = interval(average_precision_score, outcomes, said, weights)
    return (
        f"{found.auc:7.3f} ({area[0]:.3f}-{area[1]:.3f}){found.pr_auc:9.4f} "
        f"({precision[0]:.4f}-{precision[1]:.4f}){found.brier:9.5f}{found.ece:8.4f}"
        f"{found.rce:8.2f}{found.lift:6.2f}"
    )


def interval(figure, outcomes: FloatArray, said: FloatArray, weights: FloatArray) -> FloatArray:  # noqa: ANN001 - a metric of scikit-learn
    """Return where a figure lies in 95 of 100 resamples."""
    drawn = [
        figure(outcomes, said, sample_weight=weight) for weight in weights if weight @ outcomes > 0
    ]
    return np.quantile(drawn, [0.025, 0.975])


def circles(asked: Asked, outcomes: FloatArray, said: FloatArray) -> None:
    """Print the worst calibration error among circles with many later exposures."""
    users = pd.read_parquet(asked.snapshot / "tables" / "users.parquet").set_index("user_id")
    home = users.interest_circle.reindex(asked.late.user_id).to_numpy()
    sizes = pd.Series(home).value_counts()
    errors = [
        quality(outcomes[home == name], probabilities=said[home == name], base_rate=asked.rate).ece
        for name in sizes.index[sizes >= 1_000]
    ]
    worst = f"{max(errors):.4f}" if errors else "none so large"
    print(f"calibration error of the worst of {len(errors)} circles of 1,000 exposures: {worst}")


def ablation(asked: Asked, outcomes: FloatArray) -> None:
    """Print what each group of features is worth, over all and over users who never shared."""
    (X, y), late = lessons(asked), later_features(asked)
    never = late[:, FEATURES.index("user_shares")] == 0
    whole = asked_again(X, y, late, [])
    print(
        f"{'without':28}{'AUC':>8}{'RCE %':>8}   {'of users who never shared: AUC':>30}{'RCE %':>8}"
    )
    for name, columns in {"(nothing)": (), **GROUPS}.items():
        said = whole if not columns else asked_again(X, y, late, list(columns))
        all_rows, some = (
            quality(outcomes[rows], probabilities=said[rows], base_rate=asked.rate)
            for rows in (np.ones_like(never), never)
        )
        print(f"{name:28}{all_rows.auc:8.3f}{all_rows.rce:8.2f}   {some.auc:30.3f}{some.rce:8.2f}")


def asked_again(X: FloatArray, y: FloatArray, late: FloatArray, without: list[str]) -> FloatArray:
    """Learn without some features and answer again."""
    kept = [at for at, name in enumerate(FEATURES) if name not in without]
    return SharePropensity().fit(X[:, kept], y).predict_proba(late[:, kept])[:, 1]


def planted_currency(asked: Asked) -> None:
    """Print how the tags' currency found ranks beside the planted one."""
    planted = pd.read_parquet(asked.scratch / "data" / "truth_tags.parquet").set_index("tag")
    found = pd.read_parquet(asked.snapshot / FOLDER / "currency.parquet").set_index("tag")
    both = found.join(planted.currency, how="inner")
    every = spearmanr(both.log_odds, both.currency)[0]
    sure = both[both.z.abs() > 1.96]
    covered = ((sure.low > 0) == (sure.currency > both.currency.median())).mean()
    print(f"tag currency: rank correlation {every:.2f} over {len(both):,} tags, "
          f"{spearmanr(sure.log_odds, sure.currency)[0]:.2f} over the {len(sure)} sure ones, "
          f"{covered:.0%} of which are on the right side")  # fmt: skip


def levers(asked: Asked) -> None:
    """Print what each lever is worth: how the score without it ranks people by later sharing."""
    parts = pd.read_parquet(asked.snapshot / FOLDER / "levers.parquet").set_index("user_id")
    later = asked.late.groupby("user_id").agg(shared=("shared", "max"), planted=("planted", "mean"))
    both = later.join(parts, how="inner")
    total = both[list(LEVERS)].sum(axis=1)
    print(f"{'score without':28}{'AUC of later sharing':>22}{'rank correlation, planted':>28}")
    scores = {"(nothing)": total} | {each: total - both[each] for each in LEVERS}
    for name, score in scores.items():
        area = roc_auc_score(both.shared, score)
        print(f"{name:28}{area:22.3f}{spearmanr(score, both.planted)[0]:28.3f}")


if __name__ == "__main__":
    main()
