"""A table says what it was measured on."""

from importlib.metadata import version

from benchmarks.machine import THREADS, described, environment, installed


def test_every_fact_of_the_machine_is_told():
    """None is empty, and versions are those of this environment."""
    facts = described()

    assert all(facts.values())
    assert facts["numpy"] == version("numpy")
    assert len(facts["load"].split()) == 3


def test_a_package_that_is_not_there_has_no_version():
    """It is named as such rather than left out."""
    assert installed("no-such-package-anywhere") == "not installed"


def test_processes_get_the_threads_they_may_use():
    """Whatever numerical library they load."""
    assert {environment(3)[name] for name in THREADS} == {"3"}
