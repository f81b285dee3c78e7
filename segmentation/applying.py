"""A policy tried on the live run, and put in force: a dry run, and a run that changes rights alone.

Both assign from the same people, measures and standing, so what the dry run says is what applying
does. A policy in a file moves nobody before it is applied.
"""

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.arrays import load_arrays, save_arrays
from segmentation.audience import FOLDER
from segmentation.bitmaps import Bitmaps
from segmentation.config import FACETS
from segmentation.database import Database
from segmentation.decisions import POLICY, decisions, remember_policy
from segmentation.durable import link, replace_text
from segmentation.erased import Erased
from segmentation.holdings import Holdings, Rows
from segmentation.inforce import with_hand
from segmentation.kinship import with_parents
from segmentation.ledger import record_run
from segmentation.lock import StoreLock
from segmentation.manifest import Facts, read_json
from segmentation.merits import MEASURES, People
from segmentation.notices import write_lines
from segmentation.policy import Policy
from segmentation.policyfile import parse_policy, read_text
from segmentation.policyfit import check_budget, check_channels, check_circles, check_groups
from segmentation.rights import Rights, assign_rights
from segmentation.snapshot import write_snapshot
from segmentation.store import JsonObject, Store
from segmentation.tables import SCHEMAS, SnapshotTables, read_table
from segmentation.tomlfile import Source


@dataclass(frozen=True)
class Draft:
    """A policy's text and what it would do to the live run."""

    run_id: str
    text: str
    policy: Policy
    rights: Rights

    def to_dict(self) -> dict[str, Any]:
        """The dry run as JSON."""
        return {"run_id": self.run_id, **self.rights.report, "samples": self.rights.samples}


def simulate(store: Store, database: Database, policy: Path, *, now: datetime) -> Draft:
    """Say who would move under a policy, and what it would cost; nothing is changed."""
    text = read_text(policy)
    folder = store.live_folder()
    manifest = store.manifest(folder.name)
    people = People.of_run(
        folder / "merits", read_table(folder, "users"), erased=erased_rows(folder)
    )
    parsed = parse_policy(text, file=str(policy))
    as_of, decided = manifest["as_of"], decisions(store, database, now=now)
    moment = datetime.fromisoformat(as_of) if as_of else None
    check_fit(parsed, Source(str(policy), text), folder, people, as_of=moment)
    rights = assign_rights(
        parsed,
        people,
        previous=with_hand(read_table(folder, "tiers"), "tiers", decided.held),
        as_of=moment,
        set_by_hand=decided.by_hand,
    )
    return Draft(folder.name, text, parsed, rights)


def check_fit(
    policy: Policy, source: Source, live: Path, people: People, *, as_of: datetime | None
) -> None:
    """Refuse a policy about what the live run does not have, or that cannot be paid."""
    check_circles(policy, source, read_table(live, "circles")["circle_id"].to_pylist())
    check_groups(policy, source, pc.unique(people.labels["namespace"]).to_pylist())
    channels = read_json(live / "report.json").get("channels")
    if channels is not None:  # runs of earlier versions do not tell them
        check_channels(policy, source, channels)
    check_budget(policy, source, people=len(people), day=as_of.date() if as_of else None)


def apply(
    store: Store, database: Database, policy: Path, *, now: datetime, author: str
) -> JsonObject:
    """Put a policy in force: publish the live run again with the rights it gives.

    Runs to come use it, whatever the file says by then. Returns the report of the dry run and
    the id of the new run.
    """
    with StoreLock(store.path):
        draft = simulate(store, database, policy, now=now)
        run_id = store.free_run_id(now, f"{draft.run_id} {draft.policy.version}")
        work = store.work_folder / run_id
        try:
            write_draft(draft, store.folder(draft.run_id), work, run_id=run_id, now=now)
            store.adopt(work, run_id)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        store.publish(run_id, now=now, reason=f"policy {draft.policy.version} applied by {author}")
        with store.snapshot(run_id) as snapshot:
            remember_policy(database, snapshot, author=author, now=now)
            record_run(database, snapshot, now=now, author=author, at=now)
    return draft.to_dict() | {"applied_to": draft.run_id, "run_id": run_id}


def write_draft(draft: Draft, live: Path, folder: Path, *, run_id: str, now: datetime) -> None:
    """Write the live run's snapshot anew with other rights."""
    folder.mkdir(parents=True)
    for kept in ("models", "merits"):
        shutil.copytree(live / kept, folder / kept)
    close_gaps(folder, erased_rows(live))
    if (live / "sums").is_dir() and not len(erased_rows(live)):
        (folder / "sums").mkdir()
        for path in sorted((live / "sums").iterdir()):
            link(path, folder / "sums" / path.name)
    write_lines(folder / "merits" / "notices.ndjson", draft.rights.notices)
    replace_text(folder / POLICY, draft.text)
    manifest = read_json(live / "manifest.json")
    facts = Facts(
        run_id=run_id,
        created=now,
        as_of=datetime.fromisoformat(manifest["as_of"]) if manifest["as_of"] else None,
        previous=draft.run_id,
        config_hash=manifest["config_hash"],
        policy_version=draft.policy.version,
        min_audience=manifest["min_audience"],
        inputs=manifest["inputs"],
        next_circle_numbers=manifest["next_circle_numbers"],
        sent_through=manifest.get("sent_through", 0),
    )
    write_snapshot(folder, tables_with(draft, live), facts=facts)


def tables_with(draft: Draft, live: Path) -> SnapshotTables:
    """Everything the live run found, with the rights of a draft."""
    named = {what.replace("-", "_"): read_table(live, what) for what in SCHEMAS}
    tiers, bitmaps = draft.rights.tiers, Bitmaps(live / "index" / FOLDER)
    places = np.load(live / "index" / FOLDER / "rows.npy")
    rows = renumbered(erased_rows(live), len(places))[places]
    report = read_json(live / "report.json")
    tables = SnapshotTables(
        **named,
        flywheel=read_json(live / "flywheel.json"),
        policy=draft.policy.to_dict(),
        report=report | {"rights": draft.rights.report},
        tags=holdings(bitmaps, rows, "tag"),
        refusals=holdings(bitmaps, rows, "refused"),
    )
    return replace(
        tables,
        tiers=tiers,
        tier_changes=draft.rights.changes,
        users=with_tiers(tables.users, tiers),
        circles=counted_again(tables.circles, tables.members, people=tables.users.num_rows),
    )


def with_tiers(users: pa.Table, tiers: pa.Table) -> pa.Table:
    """Put everyone's tier into the table of users; both are in its order."""
    for name, column in (("tier", "tier"), ("tier_since", "since")):
        users = users.set_column(users.column_names.index(name), name, tiers[column])
    return users


def counted_again(circles: pa.Table, members: pa.Table, *, people: int) -> pa.Table:
    """Count the members of every circle that are left after erasures."""
    everyone = with_parents(members, circles)["circle_id"]
    place = pc.index_in(everyone, circles["circle_id"].combine_chunks()).to_numpy()
    size = np.bincount(place, minlength=circles.num_rows)
    counted = {"size": pa.array(size), "share_of_users": pa.array(size / max(people, 1))}
    for name, column in counted.items():
        circles = circles.set_column(circles.column_names.index(name), name, column)
    return circles


def erased_rows(folder: Path) -> Rows:
    """The rows of people who were erased from a run: in its index, and in its tables no more."""
    return np.fromiter(Erased(folder / "index").rows, np.int64)


def renumbered(erased: Rows, n_rows: int) -> Rows:
    """The new number of every row when the erased are gone; -1 for those."""
    stays = np.ones(n_rows, dtype=bool)
    stays[erased] = False
    return np.where(stays, np.cumsum(stays) - 1, -1)


def close_gaps(folder: Path, erased: Rows) -> None:
    """Take the rows of erased people out of what is kept by row."""
    if not len(erased):
        return
    measures = load_arrays(folder / "merits" / MEASURES)
    kept = {name: np.delete(values, erased) for name, values in measures.items()}
    save_arrays(folder / "merits" / MEASURES, kept)
    for facet in FACETS:
        starts = np.load(folder / "models" / f"{facet}_starts.npy")
        counts = np.diff(starts)
        stays = renumbered(erased, len(counts)) >= 0
        for name in ("tags", "weights"):
            path = folder / "models" / f"{facet}_{name}.npy"
            np.save(path, np.load(path)[np.repeat(stays, counts)])
        ends = np.concatenate([[0], np.cumsum(counts[stays])]).astype(starts.dtype)
        np.save(folder / "models" / f"{facet}_starts.npy", ends)


def holdings(bitmaps: Bitmaps, rows: Rows, kind: str) -> Holdings:
    """Read back who holds each word, as rows of the users."""
    sets = {}
    for word in bitmaps.words(kind):
        found = rows[np.fromiter(bitmaps.get(kind, word), np.int64)]
        sets[word] = np.sort(found[found >= 0])
    return Holdings.of_sets(sets)
