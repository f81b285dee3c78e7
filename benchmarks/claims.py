"""What the documents claim of Coterie beside its peers, as data, and whether it holds."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.results import OURS, Results
from benchmarks.sets import HIDDEN
from benchmarks.trials import Trial

CLAIMS = Path(__file__).with_name("claims.toml")
CURVE = (5, 10, 20, 40, 80)
Pair = tuple[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence and how to test it.

    On `dataset`, `figure` of `of` is at least `factor` times that of `against`: `oracle`, a method,
    or `peers` for each of them. `asked` tells Coterie the number of circles. Without a truth it is
    claimed at every number of circles of the curve that the other reaches. `of` names the methods
    it is claimed of.
    """

    says: str
    dataset: str
    figure: str
    against: str
    factor: float = 1.0
    asked: bool = False
    of: tuple[str, ...] = (OURS,)


@dataclass(frozen=True)
class Verdict:
    """A claim, how many comparisons decided it, and those that went against it."""

    claim: Claim
    compared: int
    broken: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether the results contradict the claim."""
        return bool(self.broken)

    def __str__(self) -> str:
        word = "FAILS" if self.fails else "holds" if self.compared else "not judged"
        return f"{word}: {self.claim.says}" + "".join(f"\n  {each}" for each in self.broken)


def read_claims(path: Path = CLAIMS) -> list[Claim]:
    """Read all claims."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
    return [Claim(**claim) for claim in listed]


def judged(claim: Claim, results: Results) -> Verdict:
    """Compare Coterie with whom the claim is about."""
    pairs = dict(compared(claim, results))
    broken = [
        f"{name}: {ours:.3f}, not {claim.factor:g} x {theirs:.3f}"
        for name, (ours, theirs) in pairs.items()
        if ours < claim.factor * theirs
    ]
    return Verdict(claim, len(pairs), tuple(broken))


def compared(claim: Claim, results: Results) -> Iterator[Pair]:
    """Yield what the claim compares, by name."""
    peers = [method for method in results.methods if method != OURS]
    compare = along_curve if claim.dataset.endswith(HIDDEN) else told_the_number
    for who in claim.of:
        for rival in peers if claim.against == "peers" else [claim.against]:
            yield from compare(claim, results, who, rival)


def told_the_number(claim: Claim, results: Results, who: str, rival: str) -> Iterator[Pair]:
    """Yield the medians over seeds of one method and another, told the number of circles."""
    is_told = claim.asked or who != OURS
    ours = (results.told if is_told else results.unasked)(claim.dataset, who)
    theirs = results.told(claim.dataset, rival)
    if ours and theirs:
        yield f"{who} and {rival}", (median(ours, claim.figure), median(theirs, claim.figure))


def along_curve(claim: Claim, results: Results, who: str, rival: str) -> Iterator[Pair]:
    """Yield both figures at each number of circles that the rival can give."""
    for count in CURVE:
        ours = results.at(claim.dataset, who, claim.figure, count)
        theirs = results.at(claim.dataset, rival, claim.figure, count)
        if theirs is not None and results.of(claim.dataset, who):
            yield f"{who} and {rival} at {count}", (-np.inf if ours is None else ours, theirs)


def median(trials: list[Trial], figure: str) -> float:
    """Return the median of a figure over trials."""
    return float(np.median([trial.figures[figure] for trial in trials]))
