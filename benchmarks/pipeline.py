"""One whole run on simulated people: wall time, CPU time and peak memory by stage.

python -m benchmarks.pipeline --users 100000
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

COTERIE = Path(sys.executable).with_name("coterie")


def main() -> None:
    """Simulate, run, print the table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--users", type=int, default=100_000)
    ask.add_argument("--seed", type=int, default=0)
    arguments = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measured_run(Path(folder), arguments.users, arguments.seed)
    print_table(report)


def measured_run(folder: Path, users: int, seed: int) -> dict:
    """Run the pipeline in a process of its own, so that its memory is its own."""
    data, store = folder / "data", folder / "store"
    coterie("simulate", "--users", users, "--out", data, "--seed", seed)
    inputs = [
        word
        for table in ("events", "labels", "edges", "exposures", "content", "consent")
        for word in (f"--{table}", data / f"{table}.parquet")
    ]
    return coterie("run", *inputs, "--store", store, "--seed", seed)


def coterie(*words: object) -> dict:
    """Run one command and read its JSON answer."""
    done = subprocess.run(
        [COTERIE, *map(str, words), "--json"], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def print_table(report: dict) -> None:
    """Print one line a stage."""
    print(f"{'stage':<12}{'rows':>12}{'wall s':>10}{'cpu s':>10}{'peak MiB':>10}")
    for stage in report["stages"]:
        figures = f"{stage['seconds']:>10.1f}{stage['cpu_seconds']:>10.1f}{stage['peak_mib']:>10,}"
        print(f"{stage['stage']:<12}{stage['rows']:>12,}{figures}")
    total = sum(stage["seconds"] for stage in report["stages"])
    print(f"{'all':<12}{report['people']:>12,}{total:>10.1f}")


if __name__ == "__main__":
    main()
