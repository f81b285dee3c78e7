"""What the service imports is light."""

import json
import subprocess
import sys

import pytest

HEAVY = {"sklearn", "hdbscan", "duckdb", "pandas", "scipy", "pyarrow"}
READ_SIDE = ("answers", "audience", "bitmaps", "conditions", "config", "crossover", "database",
             "errors", "filters", "history", "index", "keys", "layout", "lock", "lookalikes",
             "manifest", "ranges", "registry", "rings", "seeds", "store")  # fmt: skip


@pytest.mark.parametrize("module", READ_SIDE)
def test_the_read_side_loads_nothing_heavy(module):
    """Neither itself nor through what it imports."""
    script = f"import json, sys, segmentation.{module}; print(json.dumps(list(sys.modules)))"

    loaded = json.loads(subprocess.check_output([sys.executable, "-c", script]))

    assert not HEAVY & set(loaded)
