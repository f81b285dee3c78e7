"""The work folder remembers what was asked and which stages are through."""

from segmentation.work import Work, unfinished


def opened(folder, name="20260101T000000Z-00000000"):
    """A run that has begun."""
    work = Work(folder / name)
    work.open({"fingerprint": "abc"})
    return work


def test_a_stage_is_through_only_with_its_record(tmp_path):
    """What a killed stage saved counts for nothing."""
    work = opened(tmp_path)
    work.save("half.json", {"rows": 1})

    before = work.record("ingest")
    work.finish("ingest", {"number": 1, "rows": 3})

    assert before is None
    assert work.records() == [{"number": 1, "rows": 3}]


def test_unfinished_runs_come_newest_first(tmp_path):
    """The run to resume is the last one begun."""
    early = opened(tmp_path, "20260101T000000Z-00000000")
    late = opened(tmp_path, "20260102T000000Z-00000000")

    assert unfinished(tmp_path) == [late, early]


def test_a_removed_run_is_gone(tmp_path):
    """Nothing of it is left to resume."""
    opened(tmp_path).remove()

    assert unfinished(tmp_path) == []


def test_a_folder_without_a_request_reads_as_empty(tmp_path):
    """A run killed before it could say what it was asked matches no request."""
    (tmp_path / "20260101T000000Z-00000000").mkdir()

    assert unfinished(tmp_path)[0].request() == {}
