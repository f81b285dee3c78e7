"""Inputs looked at before a run, however bad they are."""

from datetime import UTC, datetime

from segmentation.config import Config, InputConfig
from segmentation.validation import SHOWN, validate_inputs

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GOOD = "user_id,channel,tag\nu1,browse,yoga\n"


def verdict_on(folder, text, *, labels=""):
    """Validate events, and labels if there are some."""
    (folder / "e.csv").write_text(text, encoding="utf-8")
    (folder / "l.csv").write_text("user_id,namespace,label\n" + labels, encoding="utf-8")
    config = Config(input=InputConfig(events=("e.csv",), labels=("l.csv",)))
    return validate_inputs(config, base=folder, as_of=None, now=NOW)


def test_too_many_bad_rows_are_shown_all_the_same(tmp_path):
    """Whoever must mend the files sees every table and the rows, not only the refusal."""
    verdict = verdict_on(tmp_path, GOOD + "u2,browse,\n", labels="u1,,mom\n")

    assert verdict.report.tables["labels"].bad == 1
    assert [(row["source"], row["row"], row["reason"]) for row in verdict.quarantine] == [
        ("e.csv", 3, "no_tag"),
        ("l.csv", 2, "no_namespace"),
    ]
    assert "1 of 2 rows of the events are bad" in verdict.refused


def test_what_a_run_would_take_is_not_refused(tmp_path):
    """A few bad rows are told and do no harm."""
    verdict = verdict_on(tmp_path, GOOD * 1 + "u1,browse,yoga\n" * 30 + ",browse,yoga\n")

    assert verdict.bad == 1
    assert verdict.refused == ""
    assert verdict.to_dict()["refused"] is None


def test_only_the_first_bad_rows_are_listed(tmp_path):
    """A file of nothing but bad rows does not fill the screen; their number is whole."""
    verdict = verdict_on(tmp_path, GOOD + "u2,browse,\n" * (SHOWN + 5))

    assert len(verdict.quarantine) == SHOWN
    assert verdict.bad == SHOWN + 5
