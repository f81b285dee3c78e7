"""The engines of a run, as its settings name them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segmentation.config import ResourcesConfig
from segmentation.engine import DuckEngine, Engine
from segmentation.errors import UsageError


@dataclass(frozen=True)
class Engines:
    """`bulk` reads, judges, sorts and sums all rows; `near` asks what is then left to ask."""

    bulk: Engine
    near: DuckEngine


@contextmanager
def open_engines(resources: ResourcesConfig, folder: Path) -> Iterator[Engines]:
    """Have engines that spill, and set down what they must, under a folder.

    Raises
    ------
    UsageError
        When Spark is asked for and cannot be had.
    """
    with DuckEngine(
        resources.memory_limit, threads=resources.threads, temp_directory=folder / "spill"
    ) as near:
        if resources.engine == "duckdb":
            yield Engines(near, near)
            return
        with _spark(resources, near, folder) as bulk:
            yield Engines(bulk, near)


@contextmanager
def _spark(resources: ResourcesConfig, near: DuckEngine, folder: Path) -> Iterator[Engine]:
    try:
        from segmentation.engine_spark import SparkEngine
        from segmentation.sparking import spark_session
    except ImportError as error:
        raise UsageError(
            "`--engine spark` needs the extra `spark`, which is not installed. "
            "Install `coterie[spark]`."
        ) from error
    with (
        spark_session(resources, log=folder / "spark.log") as session,
        SparkEngine(session, near, scratch=folder / "spark") as engine,
    ):
        yield engine
