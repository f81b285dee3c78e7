"""From files to valid tables and a quarantine: every row of every file ends in one of the two."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from segmentation import queries
from segmentation.badrows import require_mostly_good
from segmentation.config import TABLES, Config
from segmentation.engine import Engine, QueryError
from segmentation.errors import InputError, SegmentationError
from segmentation.events import CONTRACTS, Contract
from segmentation.mapping import typed
from segmentation.parts import Part, count_rows, read_parts
from segmentation.progress import Advance, ignore
from segmentation.slices import Look
from segmentation.sources import Source, find, fingerprint

__all__ = ["IngestReport", "SourceReport", "TableReport", "fingerprint", "ingest"]

EXAMPLES = 3
JUDGED = "SELECT * FROM judged"


@dataclass(frozen=True)
class TableReport:
    """What became of a table's rows: `rows_in` is `valid` and `bad` together."""

    rows_in: int
    valid: int
    bad: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class SourceReport:
    """One input file: what it holds as a hash, and how many of its rows are bad."""

    table: str
    path: str
    bytes: int
    sha256: str
    rows_in: int
    bad: int


@dataclass(frozen=True)
class IngestReport:
    """What was read: by table, by reason, by file; `as_of` is None when there is no time at all."""

    tables: dict[str, TableReport]
    sources: tuple[SourceReport, ...]
    as_of: datetime | None
    users: int

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return asdict(self) | {"as_of": self.as_of.isoformat() if self.as_of else None}


def ingest(
    config: Config,
    *,
    base: Path,
    out: Path,
    engine: Engine,
    as_of: datetime | None,
    now: datetime,
    progress: Advance = ignore,
) -> IngestReport:
    """Read every input, judge its rows, and write the valid tables, the people and the quarantine.

    Without `as_of` rows after `now` are bad, and the time of the last valid event stands for it.
    The same rows in any files and any order write the same bytes.

    Raises
    ------
    InputError
        When a file is missing or not what it claims, or too many of a table's rows are bad.
    """
    if not config.input.events:
        raise InputError("No events are given. Name files under [input] `events` or by --events.")
    room = _Room(engine, config, out, latest=as_of or now)
    room.clear()
    outcomes = {}
    found = {table: find(getattr(config.input, table), base=base) for table in TABLES}
    with room.scratch():
        for table, files in found.items():
            outcomes[table] = _ingest_table(room, CONTRACTS[table], files)
            _tell(progress, found, outcomes)
        _write_quarantine(room)
    users = engine.write(queries.people(), out / "people.parquet")
    return IngestReport(
        tables={table: outcome.report for table, outcome in outcomes.items()},
        sources=tuple(source for outcome in outcomes.values() for source in outcome.sources),
        as_of=as_of or _last_event(engine),
        users=users,
    )


def ingest_one(
    contract: Contract,
    files: Sequence[Source],
    *,
    config: Config,
    out: Path,
    engine: Engine,
    latest: datetime,
) -> TableReport:
    """Read the files of one table by a contract and register its valid rows under its name.

    Raises
    ------
    InputError
        When a file is not what it claims, or too many of the rows are bad.
    """
    room = _Room(engine, config, out, latest=latest)
    with room.scratch():
        return _ingest_table(room, contract, files).report


@dataclass(frozen=True)
class _Room:
    """Where one ingest works: its engine, settings and folder, and the last time allowed."""

    engine: Engine
    config: Config
    out: Path
    latest: datetime

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Have an empty folder for each table, gone when the ingest is over."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for table in TABLES:
            (self.folder / table).mkdir(parents=True)
        try:
            yield
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def clear(self) -> None:
        """Remove tables in parts, which another engine may have left in a run that broke off."""
        for table in self.out.glob("*.parquet"):
            if table.is_dir():
                shutil.rmtree(table)

    @property
    def folder(self) -> Path:
        """What is set down on the way."""
        return self.out / ".scratch"

    def bad(self, table: str) -> Path:
        """The bad rows of one table."""
        return self.folder / table / "bad.parquet"


@dataclass(frozen=True)
class _Outcome:
    report: TableReport
    sources: tuple[SourceReport, ...]


def _tell(
    progress: Advance, found: Mapping[str, Sequence[Source]], outcomes: Mapping[str, _Outcome]
) -> None:
    """Report the rows read, and how many there will be if the rest is as dense in its bytes."""
    rows = sum(outcome.report.rows_in for outcome in outcomes.values())
    sizes = {table: sum(f.path.stat().st_size for f in files) for table, files in found.items()}
    read = sum(sizes[table] for table in outcomes)
    progress(rows, round(rows * sum(sizes.values()) / max(read, 1)))


def _ingest_table(room: _Room, contract: Contract, files: Sequence[Source]) -> _Outcome:
    """Write one table's valid rows and its share of the quarantine."""
    table, target = contract.table, room.out / f"{contract.table}.parquet"
    try:
        parts = read_parts(files, scratch=room.folder / table, engine=room.engine.reader)
        rows_in = dict.fromkeys((file.name for file in files), 0) | _count(room, parts)
        room.engine.look_at_rows("judged", _looks(room, contract, parts))
        room.engine.write(queries.quarantined(JUDGED), room.bad(table))
        bad = _bad_counts(room, table)
        _require_mostly_good(room, table, sum(rows_in.values()), bad)
        valid = room.engine.write(queries.valid(JUDGED, contract), target)
    except QueryError as error:
        names = ", ".join(source.name for source in files)
        raise InputError(f"The {table} in {names} cannot be read: {error}") from error
    room.engine.register(table, target)
    report = TableReport(sum(rows_in.values()), valid, bad.total(), _by_reason(bad))
    _require_every_row(table, report)
    return _Outcome(report, tuple(_source_report(table, file, rows_in, bad) for file in files))


def _count(room: _Room, parts: Sequence[Part]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for part in parts:
        counted |= count_rows(part, engine=room.engine.reader)
    return counted


def _looks(room: _Room, contract: Contract, parts: Sequence[Part]) -> list[Look]:
    """Say how the rows of each part are judged; without any, what none looks like."""
    mapping = getattr(room.config.columns, contract.table)

    def judged(typed_rows: str) -> str:
        money, latest = room.config.channels.money, room.latest
        return queries.judged(typed_rows, contract, money=money, latest=latest)

    looks = [
        Look(judged(typed(contract, part, mapping, engine=room.engine.reader)), part.rows)
        for part in parts
    ]
    return looks or [Look(judged(queries.nothing_typed(contract)), None)]


def _bad_counts(room: _Room, table: str) -> Counter[tuple[str, str]]:
    """Count bad rows by file and reason."""
    reader = room.engine.reader
    reader.register("bad", room.bad(table))
    rows = reader.rows("SELECT source, reason, COUNT(*) FROM bad GROUP BY ALL ORDER BY ALL")
    return Counter({(source, reason): count for source, reason, count in rows})


def _by_reason(bad: Mapping[tuple[str, str], int]) -> dict[str, int]:
    reasons: Counter[str] = Counter()
    for (_, reason), count in bad.items():
        reasons[reason] += count
    return dict(sorted(reasons.items()))


def _require_mostly_good(
    room: _Room, table: str, rows_in: int, bad: Counter[tuple[str, str]]
) -> None:
    examples = room.engine.reader.rows(
        f"SELECT source, row, reason FROM bad ORDER BY ALL LIMIT {EXAMPLES}"
    )
    require_mostly_good(
        table, rows_in, _by_reason(bad), limit=room.config.input.max_bad_share, examples=examples
    )
    if table == "events" and rows_in == 0:
        raise InputError("The events hold no row. Give at least one event.")


def _require_every_row(table: str, report: TableReport) -> None:
    if report.valid + report.bad != report.rows_in:
        raise SegmentationError(
            f"Of {report.rows_in} rows of the {table}, {report.valid} are valid and {report.bad} "
            "bad, which is not all. The files changed while they were read: run again."
        )


def _source_report(
    table: str, file: Source, rows_in: Mapping[str, int], bad: Mapping[tuple[str, str], int]
) -> SourceReport:
    return SourceReport(
        table=table,
        path=file.name,
        bytes=file.path.stat().st_size,
        sha256=file.digest(),
        rows_in=rows_in[file.name],
        bad=sum(count for (source, _), count in bad.items() if source == file.name),
    )


def _write_quarantine(room: _Room) -> None:
    reader = room.engine.reader
    reader.register("bad", [room.bad(table) for table in TABLES])
    reader.write("SELECT * FROM bad ORDER BY ALL", room.out / "quarantine.parquet")


def _last_event(engine: Engine) -> datetime | None:
    last: datetime | None = engine.rows("SELECT MAX(ts) FROM events")[0][0]
    return last.replace(tzinfo=UTC) if last else None
