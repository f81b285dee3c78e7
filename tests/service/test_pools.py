"""How many pools of memory a process has."""

import os
import subprocess
import sys

import pytest

ASK = """
from threading import Barrier, Thread
from service.pools import share_pool
{call}
together = Barrier(9)
def take():
    taken = bytearray(100_000), together.wait(), together.wait()
threads = [Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
spans = [line.split()[0].split("-") for line in open("/proc/self/maps") if " ---p " in line]
print(sum(int(stop, 16) - int(start, 16) > 60 << 20 for start, stop in spans))
together.wait()
"""


def pools(call, **environment):
    """How many pools beside the first eight threads open that take memory at the same time."""
    given = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    told = subprocess.run(
        [sys.executable, "-c", ASK.format(call=call)],
        env=given | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="Linux tells of its mappings")
def test_threads_of_a_server_share_one_pool():
    """Without asking each would open its own; a number in the environment stays in force."""
    assert pools("") > 2
    assert pools("share_pool()") == 0
    assert pools("share_pool()", MALLOC_ARENA_MAX="3") == 2
