"""One method on one matrix in a process of its own: `python -m benchmarks.attempt FOLDER METHOD`.

FOLDER holds `X.npz`; labels are written beside it and one JSON line is printed for each setting.
Everything is run on a few people first, so that imports and just-in-time compilation count for
`cold` and not for the method. The limit is of CPU seconds, which other work on the machine does not
use up; past it the system ends the process by SIGPROF.
"""

import argparse
import json
import resource
import signal
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.methods import METHODS, Method

FEW = 1_000


@dataclass(frozen=True)
class Clock:
    """Wall and CPU seconds since some moment."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Clock":
        """Read both clocks; the CPU of child processes counts."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used))

    def __sub__(self, other: "Clock") -> "Clock":
        return Clock(self.wall - other.wall, self.cpu - other.cpu)

    def __add__(self, other: "Clock") -> "Clock":
        return Clock(self.wall + other.wall, self.cpu + other.cpu)


def main() -> None:
    """Run one method at all its settings."""
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("method", choices=METHODS)
    ask.add_argument("--counts", type=int, nargs="*", default=[])
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--limit", type=float, default=300.0, help="CPU seconds a setting may take")
    given = ask.parse_args()
    X = sparse.csr_array(sparse.load_npz(given.folder / "X.npz"))
    run(METHODS[given.method], X, given)


def run(method: Method, X: sparse.csr_array, given: argparse.Namespace) -> None:
    """Warm up, make the space, place everyone at each setting."""
    settings = list(method.settings(given.counts))
    allow(2 * given.limit)
    before = Clock.now()
    few = X[: min(FEW, X.shape[0])]
    method.place(method.prepare(few, given.seed), settings[0], given.seed)
    cold = Clock.now() - before
    allow(given.limit)
    before = Clock.now()
    space = method.prepare(X, given.seed)
    making = Clock.now() - before
    for at, setting in enumerate(settings):
        allow(given.limit - making.cpu)
        before = Clock.now()
        placed = method.place(space, setting, given.seed)
        took = making + (Clock.now() - before)
        np.save(given.folder / f"labels-{at}.npy", np.asarray(placed.labels, dtype=np.int64))
        if placed.memberships is not None:
            sparse.save_npz(given.folder / f"memberships-{at}.npz", placed.memberships)
        say(setting, took, cold.wall)


def allow(seconds: float) -> None:
    """End the process when it has used so many CPU seconds more."""
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 1.0))


def say(setting: float | None, took: Clock, cold: float) -> None:
    """Print one line of JSON."""
    line = {"setting": setting, **asdict(took), "peak_mib": peak_mib(), "cold": cold}
    print(json.dumps(line), flush=True)


def peak_mib() -> float:
    """Return the most memory held at once; what `getrusage` says counts the parent in on Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(held["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    main()
