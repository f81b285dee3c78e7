"""Starting Spark: what it needs is looked for first, so that what is missing is one sentence."""

import logging
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from segmentation.config import ResourcesConfig
from segmentation.errors import UsageError

PATIENCE = 10  # seconds until a master that does not answer counts as down
USUAL = ("WARNING: Using incubator modules", "Using Spark's default log4j")
LEAST_MIB = 1024
UNITS = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
JAVA = "Spark 4 runs on Java 17 or 21. Install one (Debian: default-jre-headless) or set JAVA_HOME."


@contextmanager
def spark_session(resources: ResourcesConfig, *, log: Path) -> Iterator[SparkSession]:
    """Have a session for as long as is asked; one this process has already is used as it is.

    What Java says goes to the file `log`.

    Raises
    ------
    UsageError
        When there is no Java, or no master where the settings say.
    """
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    started = _started(resources, log)
    try:
        yield started
    finally:
        started.stop()


def master_of(resources: ResourcesConfig) -> str:
    """The master of the settings, or this machine with as many threads as a query may have."""
    return resources.spark_master or f"local[{resources.threads}]"


def _started(resources: ResourcesConfig, log: Path) -> SparkSession:
    master = master_of(resources)
    _require_java()
    _require_answer(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # A failed query is told once, by whoever asked it.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    settings = {
        "spark.driver.memory": f"{_mebibytes(resources.memory_limit) // 2}m",
        "spark.driver.maxResultSize": "0",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        settings |= {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "8"}
    builder = SparkSession.builder.master(master).appName("coterie")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with _errors_into(log):
            return builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError) as error:
        raise UsageError(
            f"Spark does not start with the master {master}: "
            f"{str(error).strip().splitlines()[0]} {_told(log)} {JAVA}"
        ) from error


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (Path(home) / "bin" / "java").exists() if home else not shutil.which("java"):
        raise UsageError(f"`--engine spark` needs Java, and there is none. {JAVA}")


def _require_answer(master: str) -> None:
    """Look whether a master of Spark's own kind is there: Spark would try for minutes."""
    if not master.startswith("spark://"):
        return
    addresses = master.removeprefix("spark://").split(",")
    failures = [failure for address in addresses if (failure := _failure(address))]
    if len(failures) == len(addresses):
        raise UsageError(
            f"No Spark master answers at {master}: {failures[0]}. "
            "Start it, or mend `resources.spark_master`."
        )


def _failure(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _mebibytes(size: str) -> int:
    """Read a size such as 8GB; what is none, or too little for Spark, is the least."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*([KMGT])i?B\s*", size, re.IGNORECASE)
    mebibytes = float(found[1]) * UNITS[found[2].upper()] if found else 0
    return max(int(mebibytes), 2 * LEAST_MIB)


@contextmanager
def _errors_into(log: Path) -> Iterator[None]:
    """Let what is started meanwhile write its standard error to a file, for as long as it lives."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _told(log: Path) -> str:
    """The first thing Java said that is not what it always says."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if not line.startswith(USUAL)), "")
