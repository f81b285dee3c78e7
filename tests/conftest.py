"""What every test may ask for."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real datasets beside the checkout; tests that need them skip without."""
    given = os.environ.get("COTERIE_SHARED_DATA")
    folder = Path(given) if given else HERE.parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real datasets are not beside this checkout")
    return folder
