"""What a million customers will spend: time, memory, intervals, and the model beside the true one.

    python -m benchmarks.customers [--customers 1000000]

Customers are planted by BG/NBD (Fader, Hardie & Lee 2005) with gamma baskets, three quarters of a
year of purchases in a Parquet file, and the four weeks after. The forecast is that of a run, from
the file to everyone's interval.
"""

import argparse
import resource
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import hyp2f1

from benchmarks.attempt import Clock
from benchmarks.machine import described
from models.purchases import UNIT_DAYS, Buying, Record
from segmentation.config import ChannelsConfig
from segmentation.engine import DuckEngine
from segmentation.forecasting import Past
from segmentation.worth import spend_worth

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
TRUTH = Buying(r=0.8, alpha=6.0, a=0.9, b=3.0)
HORIZON, YOUNGEST, OLDEST = 28.0, 30.0, 270.0
"""Days foretold, and since when customers have bought."""
DAY = 86_400_000_000


def main() -> None:
    """Plant, foretell, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    asked = parser.parse_args()
    machine = described()
    print(", ".join(f"{name} {machine[name]}" for name in ("cpu", "cores", "load", "numpy")))
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder)
        came = plant(asked.customers, tables)
        with DuckEngine(memory_limit="1GB", temp_directory=tables / "spill") as engine:
            channels = ChannelsConfig()
            began = Clock.now()
            found = spend_worth(engine, channels, tables, as_of=AS_OF, horizon_days=HORIZON)
            spent = Clock.now() - began
            print(f"foretold in {spent.wall:.1f} s, {spent.cpu:.1f} CPU s")
            print(f"peak of the process {peak():,.0f} MiB")
            look = Past(engine, channels, tables, AS_OF, HORIZON).look(0)
    held = (found.low <= came) & (came <= found.high)
    more = found.high > 0
    print(f"80 % intervals hold {held[more].mean():.3f} of the {more.mean():.0%} above nothing")
    print(f"sum foretold over sum spent {found.expected.sum() / came.sum():.3f}")
    told, true = look.model.purchases, reference(look.record)
    print(f"purchases over those of the true model {told.sum() / true.sum():.4f}")
    print(f"mean absolute difference over the mean {np.abs(told - true).mean() / true.mean():.4f}")


def plant(customers: int, tables: Path) -> np.ndarray:
    """Write what customers bought until `AS_OF` and return what each spent in the horizon after."""
    rng = np.random.default_rng(5)
    who = np.arange(customers)
    rate = rng.gamma(TRUTH.r, 1 / TRUTH.alpha, customers) / UNIT_DAYS
    drop = rng.beta(TRUTH.a, TRUTH.b, customers)
    basket = rng.gamma(4.0, 10.0, customers)
    now = -rng.uniform(YOUNGEST, OLDEST, customers)
    came, rows, is_first = np.zeros(customers), [], True
    while len(who):
        amount = rng.gamma(3.0, basket[who] / 3.0)
        is_past = now <= 0
        rows.append((who[is_past], now[is_past], amount[is_past]))
        np.add.at(came, who[~is_past], amount[~is_past])
        stays = is_first | (rng.random(len(who)) >= drop[who])
        now = now + rng.exponential(1 / np.maximum(rate[who], 1e-9))
        goes_on = stays & (now <= HORIZON)
        who, now, is_first = who[goes_on], now[goes_on], False
    write(tables, customers, *(np.concatenate(column) for column in zip(*rows, strict=True)))
    return came


def write(
    tables: Path, customers: int, who: np.ndarray, when: np.ndarray, amount: np.ndarray
) -> None:
    """Write events and people as a run's ingest leaves them."""
    names = pa.array([f"c{number:08}" for number in range(customers)])
    moments = np.int64(AS_OF.timestamp() * 1e6) + (when * DAY).astype(np.int64)
    events = {
        "user_id": names.take(pa.array(who)),
        "ts": pa.array(moments, pa.timestamp("us")),
        "channel": pa.repeat("purchase", len(who)),
        "value": amount,
    }
    pq.write_table(pa.table(events), tables / "events.parquet")
    pq.write_table(pa.table({"user_id": names}), tables / "people.parquet")


def reference(record: Record) -> np.ndarray:
    """Return expected purchases by equation 10 of the paper, under the planted parameters."""
    r, alpha, a, b = TRUTH.r, TRUTH.alpha, TRUTH.a, TRUTH.b
    x, weeks = record.repeats.astype(float), HORIZON / UNIT_DAYS
    recency, age = record.recency_days / UNIT_DAYS, record.age_days / UNIT_DAYS
    inner = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    top = (a + b + x - 1) / (a - 1)
    top = top * (1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * inner)
    gone = np.where(x > 0, a / (b + np.maximum(x, 1) - 1), 0.0)
    return np.asarray(top / (1 + gone * ((alpha + age) / (alpha + recency)) ** (r + x)))


def peak() -> float:
    """Return the most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
