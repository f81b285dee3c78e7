"""What a benchmark ran on: CPU, load, versions; and how many threads its processes may use."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "amazon-denseclus",
    "clusteraudiencekit",
    "evoc",
    "fast-hdbscan",
    "fast-plscan",
    "hdbscan",
    "igraph",
    "numba",
    "numpy",
    "pynndescent",
    "scikit-learn",
    "scipy",
    "umap-learn",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def described() -> dict[str, str]:
    """Return what a reader of the figures should know of the machine, now."""
    one, five, fifteen = os.getloadavg()
    return {
        "cpu": cpu(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "load": f"{one:.1f} {five:.1f} {fifteen:.1f}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
        **{name: installed(name) for name in PACKAGES},
    }


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that may use so many threads."""
    return os.environ | dict.fromkeys(THREADS, str(threads)) | {"PYTHONWARNINGS": "ignore"}


def cpu() -> str:
    """Name the processor."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed(package: str) -> str:
    """Return the version of a package, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def commit() -> str:
    """Name the commit of this checkout, if it is one."""
    words = ["git", "describe", "--always", "--dirty"]
    told = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parent)
    return told.stdout.strip() or "unknown"
