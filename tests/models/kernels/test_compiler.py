"""What is compiled, and what counts as its source."""

import ast
from pathlib import Path

from models.kernels import __main__ as warming
from models.kernels.compiler import CALLED

KERNELS = Path(warming.__file__).parent
COMPILED = [file for file in KERNELS.glob("*.py") if "@kernel" in file.read_text("utf-8")]
PARTS = [file for file in KERNELS.glob("*.py") if "\n@part" in file.read_text("utf-8")]


def test_the_warming_leaves_no_kernel_out():
    """Every file with a kernel is compiled beforehand."""
    assert len(COMPILED) > 5
    assert {file.stem for file in COMPILED} == set(warming.__all__)


def test_all_that_kernels_use_counts_as_their_source():
    """A change in a file they take functions or constants from compiles them anew."""
    used = set()
    for file in [*COMPILED, *PARTS]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("models."):
                used.add(node.module)

    outside = {name.removeprefix("models.") for name in used if "kernels" not in name}

    assert outside <= set(CALLED)
