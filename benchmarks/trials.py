"""Run methods on sets, each in a fresh process, and judge what they find."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.judges import judge
from benchmarks.machine import environment
from benchmarks.methods import METHODS
from benchmarks.sets import Dataset

ATTEMPT = ["-m", "benchmarks.attempt"]
OK = "ok"
ORACLE = "oracle"


@dataclass(frozen=True)
class Trial:
    """One method on one set at one setting, what it cost and how it was judged.

    `setting` is None where the method chose by itself; `asked` the number of circles it was told,
    None for those told none. `planted` is how many circles the set truly has, None if nobody knows.
    `status` says `ok` or why there is no result; then figures are empty.
    """

    dataset: str
    method: str
    seed: int
    planted: int | None = None
    status: str = OK
    asked: int | None = None
    setting: float | None = None
    wall: float | None = None
    cpu: float | None = None
    peak_mib: float | None = None
    cold: float | None = None
    figures: dict[str, float] = field(default_factory=dict)


def trials(
    data: Dataset, method: str, counts: Sequence[int], *, seed: int, limit: float, threads: int
) -> Iterator[Trial]:
    """Yield the trials of a method on a set; the last one says so if it could not finish."""
    missing = METHODS[method].missing()
    if missing:
        yield Trial(data.name, method, seed, data.planted, f"not installed: {', '.join(missing)}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sparse.save_npz(folder / "X.npz", data.X)
        words = ["--counts", *map(str, counts), "--seed", str(seed), "--limit", str(limit)]
        done = subprocess.run(
            [sys.executable, *ATTEMPT, name, method, *words],
            capture_output=True,
            text=True,
            env=environment(threads),
            check=False,
        )
        for at, line in enumerate(done.stdout.splitlines()):
            yield judged(data, method, seed, folder, at, json.loads(line))
    if done.returncode:
        yield Trial(data.name, method, seed, data.planted, failure(done, limit))


def judged(
    data: Dataset, method: str, seed: int, folder: Path, at: int, line: dict[str, Any]
) -> Trial:
    """Read what one attempt left and judge it."""
    labels = np.load(folder / f"labels-{at}.npy")
    several = folder / f"memberships-{at}.npz"
    memberships = sparse.csr_array(sparse.load_npz(several)) if several.exists() else None
    is_told = METHODS[method].grid is None and line["setting"] is not None
    return Trial(
        data.name,
        method,
        seed,
        data.planted,
        asked=int(line["setting"]) if is_told else None,
        figures=judge(data, labels, memberships),
        **line,
    )


def failure(done: subprocess.CompletedProcess[str], limit: float) -> str:
    """Say why a process ended early."""
    if done.returncode == -signal.SIGPROF:
        return f"over {limit:.0f} CPU s"
    if done.returncode == -signal.SIGKILL:
        return "killed, probably for its memory"
    return "failed: " + (done.stderr.strip().splitlines() or [str(done.returncode)])[-1]


def oracle(data: Dataset, seed: int) -> Iterator[Trial]:
    """Judge the one who knows what was planted, where there is one."""
    if data.oracle is not None:
        yield Trial(data.name, ORACLE, seed, data.planted, figures=judge(data, data.oracle))
