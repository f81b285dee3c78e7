"""The table of contents of an update: new events folded into the live snapshot without refitting.

Whom the events touch is placed anew by the circles as they are. Circles, ids and names stay; so do
sharing, value, stages and tiers, and the habits of the lifestyle facet, until the next run.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation.anew import keep_models, moved_of, place_anew
from segmentation.arrays import load_arrays, save_arrays
from segmentation.config import FACETS, Facet, InputConfig
from segmentation.context import Context
from segmentation.durable import link, link_folder
from segmentation.errors import InputError, StoreError
from segmentation.folding import Reading, fold
from segmentation.ingest import ingest
from segmentation.manifest import read_json
from segmentation.merits import carry_on
from segmentation.placing import READING
from segmentation.progress import Advance, Reporter, tell
from segmentation.registry import Registry, Strings
from segmentation.resonance import FOLDER as SHARELOG
from segmentation.revising import facts_of, revised
from segmentation.run import RunOutcome, RunRequest, segment
from segmentation.snapshot import write_snapshot
from segmentation.stages import Stage
from segmentation.store import Store
from segmentation.tables import table_path
from segmentation.tags import is_sensitive
from segmentation.tastesums import TasteSums

SUMS = "sums"


def update(request: RunRequest, reporter: Reporter) -> RunOutcome:
    """Fold the events of a request into the live run and publish the result."""
    with Store(request.store).snapshot():  # one that cannot be read is refused before any work
        pass
    return segment(request, reporter, stages=UPDATE, on_top=True)


def read_events(context: Context, advance: Advance) -> int:
    """Files -> valid events, and everyone known now."""
    live = live_folder(context)
    require_untied(live)
    context.tables.mkdir(parents=True, exist_ok=True)
    given = context.config_with_sent().input
    if not given.events:
        raise InputError("There are no new events: no file is given, and none was sent.")
    events = InputConfig(events=given.events, max_bad_share=given.max_bad_share)
    report = ingest(
        replace(context.config, input=events),
        base=context.base,
        out=context.tables,
        engine=context.engine,
        as_of=None,
        now=context.asked_at,
        progress=advance,
    )
    require_new(context, {source.sha256: source.path for source in report.sources})
    context.work.save("ingest.json", report.to_dict())
    list_everyone(context, live)
    return report.tables["events"].rows_in


def require_untied(live: Path) -> None:
    """Refuse where people's places depend on what the people they are tied to did."""
    tied = [name for name, share in read_json(live / "models" / READING)["ties"].items() if share]
    if tied:
        raise StoreError(
            f"Events cannot be folded into a run whose circles take evidence from ties "
            f"(`ties` above 0 in [facets.{tied[0]}]): one event moves everyone tied to its user. "
            "Make a new run with `coterie run`."
        )


def fold_events(context: Context, advance: Advance) -> int:
    """Valid events and the sums kept -> sums with both, and whom the events touch."""
    live, touched = live_folder(context), 0
    reading = read_json(live / "models" / READING)
    denied = context.config.privacy.sensitive_tags
    for table in ("events", "people", "consent"):
        context.engine.register(table, context.tables / f"{table}.parquet")
    for done, name in enumerate(facets_folded(reading), start=1):
        earlier = TasteSums.open(live / SUMS, name)
        found = fold(
            context.engine,
            earlier,
            Reading.of(reading["tastes"][name], is_denied=lambda tag: is_sensitive(tag, denied)),
            moved=moved_of(context),
            scratch=context.tables,
            threads=context.config.resources.threads,
        )
        context.work.path(f"{SUMS}/{name}.json")
        found.sums.save(context.work.folder / SUMS, name, shared=found.shared, earlier=live / SUMS)
        save_arrays(context.work.path(f"touched/{name}.npz"), {"people": found.touched})
        reading["tastes"][name]["typical"] = found.typical
        touched += len(found.touched)
        tell(advance, done, parts=len(facets_folded(reading)), people=len(found.sums.latest))
    context.work.save(READING, reading)
    return touched


def place_touched(context: Context, advance: Advance) -> int:
    """Sums -> circles of those whom the events touch."""
    placed, reading = 0, context.work.load(READING)
    for done, name in enumerate(facets_folded(reading), start=1):
        touched = load_arrays(context.work.folder / f"touched/{name}.npz")["people"]
        sums = TasteSums.open(context.work.folder / SUMS, name)
        found = place_anew(context, name, sums, touched)
        found.save(context.work.path(f"anew/{name}/rows.npy").parent)
        placed += len(touched)
        tell(advance, done, parts=len(facets_folded(reading)), people=len(sums.latest))
    return placed


def write_out(context: Context, advance: Advance) -> int:
    """The live snapshot and what changed -> the next snapshot."""
    folder = context.work.folder / "snapshot"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    keep_models(context, folder / "models")
    (folder / SUMS).mkdir()
    for path in sorted((context.work.folder / SUMS).glob("*")):
        link(path, folder / SUMS / path.name)
    if (live_folder(context) / SHARELOG).is_dir():
        link_folder(live_folder(context) / SHARELOG, folder / SHARELOG)
    tables = revised(context, folder / "models")
    ids = Registry.open(live_folder(context) / "index").ids
    carry_on(
        live_folder(context) / "merits",
        folder / "merits",
        before=pa.array([ids[row] for row in range(len(ids))], pa.string()),
        now=tables.users["user_id"].combine_chunks().sort(),
    )
    write_snapshot(folder, tables, facts=facts_of(context))
    return int(tables.users.num_rows)


def live_folder(context: Context) -> Path:
    """The snapshot that is updated; one without sums was made before they were kept."""
    folder = context.store.live_folder()
    if not (folder / SUMS).is_dir():
        raise StoreError(
            f"The live run {folder.name} keeps no sums that events could be added to. "
            "Make a run with all events; the next update then starts from it."
        )
    return folder


def facets_folded(reading: Mapping[str, Any]) -> list[Facet]:
    """The facets that read events as they are; habits wait for the next run."""
    return [name for name in FACETS if reading["tastes"][name]]


def require_new(context: Context, given: Mapping[str, str]) -> None:
    """Refuse a file whose events are in the live run already: they would count twice."""
    known = set(context.store.manifest(context.store.live_folder().name)["inputs"].values())
    again = [path for digest, path in given.items() if digest in known]
    if again:
        raise InputError(
            f"{again[0]} is in the live run already; its events would count twice. "
            "Give only files that are new."
        )


def list_everyone(context: Context, live: Path) -> None:
    """Write everyone's ids, who refused, and where the people of the live run stand now."""
    engine, tables = context.engine, context.tables
    engine.register("known", table_path(live, "users"))
    engine.register("arrived", tables / "people.parquet")
    everyone = "SELECT user_id FROM known UNION SELECT user_id FROM arrived ORDER BY user_id"
    engine.write(everyone, tables / "people.parquet")
    refused = (
        "SELECT user_id, 'segmentation' AS purpose, FALSE AS granted FROM known "
        "WHERE interest_reason = 'consent' OR lifestyle_reason = 'consent'"
    )
    engine.write(refused, tables / "consent.parquet")
    ids = Strings.open(live / "index", "user")
    before = pa.array((ids[row] for row in range(len(ids))), pa.string(), size=len(ids))
    now = pq.read_table(tables / "people.parquet")["user_id"].combine_chunks()
    moved = pc.fill_null(pc.index_in(before, value_set=now), -1)
    save_arrays(context.work.path("moved.npz"), {"moved": moved.to_numpy().astype(np.int32)})


UPDATE = (
    Stage("ingest", "read and check the events", read_events),
    Stage("tags", "fold them in", fold_events),
    Stage("circles", "place whom they touch", place_touched),
    Stage("snapshot", "write the snapshot", write_out),
)
