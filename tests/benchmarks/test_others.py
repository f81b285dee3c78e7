"""Other real sets: made of what an archive says, and read as the benchmark reads them."""

import pandas as pd

from benchmarks.others import listed, packages, pairs_of, words, write
from benchmarks.sets import real

ARCHIVE = """Package: gimp
Section: graphics
Tag: works-with::image, role::program,
 uitoolkit::gtk
Depends: libc6 (>= 2.35)

Package: x-lib
Section: libs
"""


def test_a_field_goes_on_over_indented_lines():
    """And a package without the field has nothing of it."""
    known = packages(ARCHIVE)

    pairs = listed(known, "Tag", lambda text: text.replace("\n", "").replace(",", " ").split())

    assert known["x-lib"] == {"Package": "x-lib", "Section": "libs"}
    assert known["gimp"]["Depends"] == "libc6 (>= 2.35)"
    assert pairs.user_id.tolist() == ["gimp"] * 3
    assert pairs.tag.tolist() == ["works-with::image", "role::program", "uitoolkit::gtk"]


def test_words_that_many_descriptions_hold_are_left_out():
    """What is said of every package tells nothing of one."""
    text = "\n".join(
        f"Package: p{n}\nDescription-en: a package of\n kind{'abcdefghijklmnopqrst'[n % 20]}\n"
        for n in range(400)
    )

    found = words(text)

    assert 60 < found.user_id.nunique() < 140
    assert set(found.tag) == {f"kind{letter}" for letter in "abcdefghijklmnopqrst"}


def test_what_is_written_is_read_as_a_set_with_a_truth(tmp_path):
    """Tags of fewer than five users go, and who had no others with them."""
    users = pd.Series([f"u{n}" for n in range(8)] * 2 + ["alone"])
    tags = pd.Series(["a"] * 8 + ["b"] * 8 + ["rare"])
    truth = pd.Series({f"u{n}": "even" if n % 2 == 0 else "odd" for n in range(8)})

    write(tmp_path / "some", pairs_of(users, tags), truth)

    data = next(real(tmp_path / "some"))
    assert data.X.shape == (8, 2)
    assert data.planted == 2
    assert sorted(data.truth.tolist()) == [0] * 4 + [1] * 4
