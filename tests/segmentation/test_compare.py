"""Two runs side by side: what stayed, what came, who moved."""

from segmentation.compare import compare_runs
from segmentation.store import Store
from tests.snapshots import build_snapshot


def test_a_run_compared_with_itself_has_not_changed(tmp_path):
    """Every circle is kept and nobody moved."""
    store, run_id = Store(tmp_path), "20261101T020000Z-0a1b2c3d"
    build_snapshot(store.runs_folder / run_id, users=200, run_id=run_id)

    facts = compare_runs(store, run_id, run_id)

    assert facts["people_in_both"] == 200
    assert facts["interest_kept"]
    assert facts["interest_born"] == facts["interest_retired"] == []
    assert facts["interest_moved"] == facts["tier_changed"] == facts["stage_changed"] == 0


def test_movements_are_counted_over_people_in_both(tmp_path):
    """People of one run alone are not movers."""
    store = Store(tmp_path)
    runs = ["20261101T020000Z-0a1b2c3d", "20261102T020000Z-0a1b2c3d"]
    for seed, (run_id, users) in enumerate(zip(runs, (200, 150), strict=True)):
        build_snapshot(store.runs_folder / run_id, users=users, seed=seed, run_id=run_id)

    facts = compare_runs(store, *runs)

    both = [store.table(run_id, "users").to_pandas().set_index("user_id") for run_id in runs]
    joined = both[0].join(both[1], how="inner", suffixes=("", "_after"))
    assert facts["people_in_both"] == len(joined)
    assert facts["tier_changed"] == (joined.tier != joined.tier_after).sum()
