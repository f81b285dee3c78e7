"""The tags of the simulated world: themes in families, and what everyone looks at."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("vocabulary.toml")
GENERAL = -1


@dataclass(frozen=True)
class Vocabulary:
    """Every tag once, with its theme; a theme's first tag is its name.

    `theme_of` holds the theme's number for each tag, `GENERAL` for tags of no theme;
    `family_of` holds the family's number for each theme.
    """

    tags: tuple[str, ...]
    theme_of: NDArray[np.int64]
    themes: tuple[str, ...]
    family_of: NDArray[np.int64]

    def of_theme(self, theme: int) -> NDArray[np.int64]:
        """Return the numbers of a theme's tags, its name first."""
        return np.flatnonzero(self.theme_of == theme)


@cache
def load_vocabulary() -> Vocabulary:
    """Read the vocabulary that is part of the package."""
    source = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    tags: list[str] = []
    owners: list[int] = []
    themes: list[str] = []
    families: list[int] = []
    for family, members in enumerate(source["families"].values()):
        for theme, specific in members.items():
            words = [theme, *specific, *(f"{theme} {aspect}" for aspect in source["aspects"])]
            tags += words
            owners += [len(themes)] * len(words)
            themes.append(theme)
            families.append(family)
    general = everyday_tags(source["general"])
    return Vocabulary(
        tags=(*tags, *general),
        theme_of=np.array(owners + [GENERAL] * len(general)),
        themes=tuple(themes),
        family_of=np.array(families),
    )


def everyday_tags(general: dict[str, list[str]]) -> list[str]:
    """Return the tags of no theme: plain ones and a few for every place."""
    local = [f"{place} {what}" for place in general["places"] for what in general["at_places"]]
    return [*general["tags"], *local]
