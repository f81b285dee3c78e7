"""One run at a time, told apart by processes that are really two."""

import signal
import subprocess
import sys

import pytest

from segmentation.errors import StoreLocked
from segmentation.lock import StoreLock

HOLD = """
import sys
from pathlib import Path
from segmentation.lock import StoreLock

with StoreLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the store until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_the_second_is_told_who_holds_the_store(tmp_path, holder):
    """By process, machine and time."""
    message = rf"being written by process {holder.pid} on \S+ since \d{{4}}-\S+Z\. Wait"

    with pytest.raises(StoreLocked, match=message), StoreLock(tmp_path):
        pass


def test_a_killed_holder_holds_no_longer(tmp_path, holder):
    """The kernel takes the lock back; what the file says does not matter."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with StoreLock(tmp_path):
        assert b"pid" in (tmp_path / "LOCK").read_bytes()


def test_a_holder_who_is_done_leaves_no_name(tmp_path):
    """And the store can be held again."""
    with StoreLock(tmp_path):
        pass

    assert (tmp_path / "LOCK").read_bytes() == b""
    with StoreLock(tmp_path):
        pass


def test_a_failure_inside_frees_the_store(tmp_path):
    """The failure itself is what the caller sees."""
    with pytest.raises(ZeroDivisionError), StoreLock(tmp_path):
        _ = 1 / 0

    with StoreLock(tmp_path):
        pass


def test_a_holder_not_yet_named_is_another_process(tmp_path):
    """Between taking the lock and writing the name there is a moment."""
    with StoreLock(tmp_path):
        (tmp_path / "LOCK").write_bytes(b"")

        with pytest.raises(StoreLocked, match="by another process"), StoreLock(tmp_path):
            pass
