"""How fast circles are found and people placed, beside k-means, and how much memory it takes.

    python -m benchmarks.speed [--users 20000 100000 1000000] [--largest] [--repeats 3]
        [--methods circles MiniBatchKMeans k-means]

People are planted in the simulator's circles (`masses.py`), some 16 tags each. Every method runs in
a process of its own and is first run on a few people, so that neither imports nor compilation
count; `cold` says what they cost. k-means and MiniBatchKMeans work on TF-IDF reduced to 64
dimensions and are told the number of circles. `--largest` adds ten million people, who take
some minutes and 6 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks import masses, spaces
from benchmarks.attempt import Clock
from benchmarks.machine import described, environment
from models.circles import CircleClusterer

CIRCLES = 40
FEW, JUDGED = 2_000, 200_000
LARGEST = 10_000_000
COLD = (
    "from benchmarks import speed; from models.circles import CircleClusterer; "
    "CircleClusterer().fit(speed.read(speed.Path({folder!r})))"
)
Labels = masses.Labels
Steps = Iterator[tuple[str, Labels | None]]


def main() -> None:
    """Print what the machine is and one line for each method and number of people."""
    given = asked()
    if given.run:
        return measure(given.folder, given.run)
    for name, value in described().items():
        print(f"{name}: {value}")
    print(f"\n{'people':>10} {'method':16} {'step':12} {'s':>8} {'CPU s':>8} {'spread':>8} "
          f"{'peak MiB':>9} {'AMI':>6}")  # fmt: skip
    for users in [*given.users, *([LARGEST] if given.largest else [])]:
        with tempfile.TemporaryDirectory() as folder:
            keep(Path(folder), masses.planted(users, seed=1))
            compare(users, Path(folder), given)


def asked() -> argparse.Namespace:
    """Read the command line; `--run` and `--folder` are for the processes started here."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--users", type=int, nargs="*", default=[20_000, 100_000, 1_000_000])
    ask.add_argument("--largest", action="store_true", help=f"{LARGEST:,} people too")
    ask.add_argument("--repeats", type=int, default=3)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    ask.add_argument("--run", choices=METHODS, help=argparse.SUPPRESS)
    ask.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return ask.parse_args()


def compare(users: int, folder: Path, given: argparse.Namespace) -> None:
    """Run the methods in turn, so that they share whatever else the machine does."""
    lines: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(given.repeats):
        for method in given.methods:
            words = ["-m", __spec__.name, "--run", method, "--folder", str(folder)]
            for step in started(words, given.threads):
                lines.setdefault((method, step.pop("step")), []).append(step)
    before = Clock.now()
    started(["-c", COLD.format(folder=str(folder))], given.threads)
    cold = Clock.now() - before
    for (method, step), found in lines.items():
        print(line(users, method, step, found))
    print(f"{users:10,} {'circles':16} {'cold, fitted':12} {cold.wall:8.2f} {cold.cpu:8.2f}",
          flush=True)  # fmt: skip


def started(words: list[str], threads: int) -> list[dict[str, float | str]]:
    """Run Python in a process of its own and read the JSON lines it prints."""
    done = subprocess.run(
        [sys.executable, *words],
        stdout=subprocess.PIPE, text=True, env=environment(threads), check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def line(users: int, method: str, step: str, found: list[dict[str, float]]) -> str:
    """Write the medians of some repeats, and how far they lie apart."""
    wall, cpu, peak = ([each[key] for each in found] for key in ("wall", "cpu", "peak"))
    spread = f"±{(max(wall) - min(wall)) / 2:.2f}"
    ami = f"{median(each['ami'] for each in found):6.3f}" if "ami" in found[0] else ""
    return (
        f"{users:10,} {method:16} {step:12} {median(wall):8.2f} {median(cpu):8.2f} {spread:>8} "
        f"{median(peak):9.0f} {ami}"
    )


def measure(folder: Path, method: str) -> None:
    """Run one method on a few people, then on all, and print what each step took."""
    X, truth = read(folder), np.load(folder / "truth.npy")
    for _ in METHODS[method](X[: min(FEW, X.shape[0])]):
        pass
    before = Clock.now()
    for step, labels in METHODS[method](X):
        took = Clock.now() - before
        told = {"step": step, "wall": took.wall, "cpu": took.cpu, "peak": peak_mib()}
        if labels is not None:
            told["ami"] = adjusted_mutual_info_score(truth[:JUDGED], labels[:JUDGED])
        print(json.dumps(told), flush=True)
        before = Clock.now()


def circles(X: sparse.csr_array) -> Steps:
    """Fit, which places everyone; place everyone again; find all their circles."""
    model = CircleClusterer().fit(X)
    yield "fit, all", model.labels_
    yield "assign", model.predict(X)
    model.memberships(X)
    yield "memberships", None


def k_means(X: sparse.csr_array) -> Steps:
    """The usual pipeline with Lloyd's k-means, best of three starts."""
    model = KMeans(CIRCLES, n_init=3, random_state=0)
    yield "fit, all", model.fit_predict(spaces.svd(X, 0))


def mini_batch(X: sparse.csr_array) -> Steps:
    """The same on batches of 4,096 people (Sculley 2010)."""
    model = MiniBatchKMeans(CIRCLES, batch_size=4096, n_init=3, random_state=0)
    yield "fit, all", model.fit_predict(spaces.svd(X, 0))


METHODS: dict[str, Callable[[sparse.csr_array], Steps]] = {
    "circles": circles,
    "MiniBatchKMeans": mini_batch,
    "k-means": k_means,
}


def keep(folder: Path, mass: masses.Mass) -> None:
    """Write the matrix and the truth so that they load without a copy."""
    for name in ("data", "indices", "indptr"):
        np.save(folder / f"{name}.npy", getattr(mass.X, name))
    np.save(folder / "truth.npy", mass.truth)
    (folder / "shape.json").write_text(json.dumps(mass.X.shape), encoding="utf-8")


def read(folder: Path) -> sparse.csr_array:
    """Read the matrix."""
    shape = tuple(json.loads((folder / "shape.json").read_text(encoding="utf-8")))
    parts = tuple(np.load(folder / f"{name}.npy") for name in ("data", "indices", "indptr"))
    return sparse.csr_array(parts, shape=shape)


def peak_mib() -> float:
    """Most memory this process has held; unlike `ru_maxrss` it forgets the parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
