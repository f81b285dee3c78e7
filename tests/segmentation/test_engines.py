"""The engines of a run: DuckDB alone, or Spark where there is one, said in one sentence if not."""

import os
import re
import subprocess
import sys

import pytest

from segmentation.config import ResourcesConfig
from segmentation.engines import open_engines
from segmentation.errors import UsageError

SPARK = ResourcesConfig(engine="spark")
OURS = ("segmentation.engine_spark", "segmentation.sparking", "segmentation.tasks")


def opened(resources: ResourcesConfig, folder) -> None:
    """Open and close the engines."""
    with open_engines(resources, folder):
        pass


def test_duckdb_does_all_by_itself(tmp_path):
    """Without Spark one engine reads, sums and answers."""
    with open_engines(ResourcesConfig(), tmp_path) as engines:
        assert engines.bulk is engines.near


def test_without_the_extra_spark_is_refused(tmp_path, monkeypatch):
    """The message names what to install."""
    for name in OURS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)

    with pytest.raises(UsageError, match=r"Install `coterie\[spark\]`"):
        opened(SPARK, tmp_path)


@pytest.mark.slow  # where Spark is installed
def test_without_java_spark_is_refused(tmp_path, monkeypatch):
    """The message says which Java is needed."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(UsageError, match="needs Java, and there is none"):
        opened(SPARK, tmp_path)


@pytest.mark.slow  # where Spark is installed
def test_a_java_that_does_not_start_is_told(tmp_path):
    """What it said is part of the one message, and nothing else is."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'of another age' >&2\nexit 1\n", encoding="utf-8")
    java.chmod(0o755)
    events = tmp_path / "events.csv"
    events.write_text("user_id,channel,tag\na,browse,b\n", encoding="utf-8")
    words = ["run", "--engine", "spark", "--events", str(events), "--store", str(tmp_path / "s")]

    ended = subprocess.run(
        [sys.executable, "-c", "from segmentation.cli import main; main()", *words],
        env={**os.environ, "JAVA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert re.search(r"does not start with .* of another age", ended.stderr.replace("\n", " "))
    assert "Traceback" not in ended.stderr


@pytest.mark.slow  # where Spark is installed
def test_a_master_that_does_not_answer_is_named(tmp_path):
    """Spark itself would try for a minute."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    nobody = ResourcesConfig(engine="spark", spark_master="spark://127.0.0.1:1,127.0.0.1:2")

    with pytest.raises(UsageError, match=r"No Spark master answers at spark://127.0.0.1:1"):
        opened(nobody, tmp_path)
