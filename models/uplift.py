"""Whom a right moves: the effect of a treatment for each person, learned where it was drawn by lot.

What everybody would have done is learned first and taken off (Robinson 1988; Nie & Wager 2021), so
that trees see the effect alone. How far their answers may be believed is then learned on people
they had not seen: the best linear predictor of the effect (Chernozhukov, Demirer, Duflo &
Fernandez-Val 2018). Where that finds nothing, everybody gets the mean effect.
"""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.rows import BoolArray, FloatArray, IntArray

FOLDS = 5
SURE = 1.645
"""Standard errors the slope must lie above 0 for people to be told apart."""


@dataclass(frozen=True, eq=False)
class Uplift:
    """The effect of a treatment on each person's outcome, calibrated.

    Attributes
    ----------
    trees : HistGradientBoostingRegressor
        What tells people apart.
    effect : float
        Mean effect of the treatment.
    centre : float
        Mean of what the trees foretell of people they had not seen.
    slope, slope_error : float
        How much of the differences the trees see is there, and the standard error of that.
    out_of_fold : ndarray of shape (n_people,)
        The calibrated effect of each person fitted on, as told by people of the other parts.
    usual : ndarray of shape (n_people,)
        The outcome foretold for each of them without the treatment known, by the other parts.
    """

    trees: HistGradientBoostingRegressor
    effect: float
    centre: float
    slope: float
    slope_error: float
    out_of_fold: FloatArray
    usual: FloatArray

    @property
    def tells_apart(self) -> bool:
        """Whether people differ beyond chance; if not, everybody gets the mean effect."""
        return self.slope > SURE * self.slope_error

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the effect the treatment would have on each person."""
        return self.calibrated(self.trees.predict(X))

    def calibrated(self, seen: FloatArray) -> FloatArray:
        """Believe what the trees see as far as it came true."""
        slope = self.slope if self.tells_apart else 0.0
        return np.asarray(self.effect + slope * (seen - self.centre), dtype=np.float64)


def fit_uplift(
    X: FloatArray,
    treated: BoolArray,
    outcome: FloatArray,
    *,
    max_iter: int = 60,
    random_state: int = 0,
) -> Uplift:
    """Learn from people treated or held out by lot.

    Parameters
    ----------
    X : ndarray of shape (n_people, n_facts)
        What was known of each before, NaN where nothing was.
    treated, outcome : ndarray of shape (n_people,)
        Who was treated, and what became of them.
    max_iter : int, default=60
        Trees of each model.
    random_state : int, default=0
        Seed of the parts in which people are judged by those of the others.

    Raises
    ------
    ValueError
        When an arm has fewer people than there are parts.
    """
    fewest = int(min(treated.sum(), (~treated).sum()))
    if fewest < FOLDS:
        raise ValueError(
            f"Each arm needs at least {FOLDS} people, the smaller one has {fewest}. "
            "Hold more people out."
        )
    part = parts(treated, seed=random_state)
    with threadpool_limits(1):  # trees so small gain nothing by two, and wait for a busy core
        usual = foretold(X, outcome, part, max_iter=max_iter)
        signal = effect_signal(outcome, usual, treated)
        seen = foretold(X, signal, part, max_iter=max_iter)
        trees = trees_of(max_iter).fit(X, signal)
    slope, error = slope_of(signal, seen)
    found = Uplift(trees, float(signal.mean()), float(seen.mean()), slope, error, seen, usual)
    return replace(found, out_of_fold=found.calibrated(seen))


def foretold(X: FloatArray, target: FloatArray, part: IntArray, *, max_iter: int) -> FloatArray:
    """Foretell each person's target by trees that never saw their part."""
    told = np.empty(len(target))
    for one in range(FOLDS):
        inside = part == one
        told[inside] = trees_of(max_iter).fit(X[~inside], target[~inside]).predict(X[inside])
    return told


def trees_of(max_iter: int) -> HistGradientBoostingRegressor:
    """Small trees, hard to convince: an effect is a faint thing."""
    return HistGradientBoostingRegressor(
        max_iter=max_iter,
        max_leaf_nodes=8,
        learning_rate=0.05,
        l2_regularization=50.0,
        early_stopping=False,
        random_state=0,
    )


def parts(treated: BoolArray, *, seed: int) -> IntArray:
    """Cut people into parts in which both arms are alike."""
    rng = np.random.default_rng(seed)
    part = np.empty(len(treated), dtype=np.int64)
    for arm in (treated, ~treated):
        part[arm] = rng.permutation(int(arm.sum())) % FOLDS
    return part


def effect_signal(outcome: FloatArray, usual: FloatArray | None, treated: BoolArray) -> FloatArray:
    """Return figures whose mean, in any group, is the effect of the treatment there.

    The usual outcome taken off narrows them and shifts no mean, as long as it was foretold without
    the person; without it, the mean of all is taken off.
    """
    share = treated.mean()
    return np.asarray(
        (outcome - (outcome.mean() if usual is None else usual))
        * (treated - share)
        / (share * (1.0 - share))
    )


def slope_of(signal: FloatArray, seen: FloatArray) -> tuple[float, float]:
    """Regress the signal on what was seen: the slope and its robust standard error; 0 for none."""
    away = seen - seen.mean()
    total = float((away**2).sum())
    if total == 0.0:
        return 0.0, 0.0
    slope = float((away * signal).sum() / total)
    left = signal - signal.mean() - slope * away
    return slope, float(np.sqrt((away**2 * left**2).sum()) / total)


@dataclass(frozen=True, eq=False)
class Ranking:
    """What treating people in the order of their uplift would have brought.

    Attributes
    ----------
    share, gained : ndarray of shape (n_steps + 1,)
        Share of people treated, the likeliest first, and what that adds to the mean outcome.
    qini : float
        Area between that curve and treating as many by lot (Radcliffe 2007), per person.
    error : float
        Its standard error were the order random.
    """

    share: FloatArray
    gained: FloatArray
    qini: float
    error: float

    @property
    def beats_random(self) -> bool:
        """Whether the order is better than chance, at 5 %."""
        return self.qini > SURE * self.error


def ranking(
    uplift: FloatArray,
    treated: BoolArray,
    outcome: FloatArray,
    *,
    usual: FloatArray | None = None,
    steps: int = 100,
) -> Ranking:
    """Follow people in the order of their uplift; equal ones stand in the order given.

    `usual` is the outcome foretold for each without the treatment known; it narrows the error.
    """
    order = np.argsort(-uplift, kind="stable")
    signal = effect_signal(outcome, usual, treated)[order]
    at = np.linspace(0, len(signal), steps + 1).round().astype(np.int64)
    gained = np.concatenate([[0.0], np.cumsum(signal)])[at] / len(signal)
    share = at / len(signal)
    qini = float(np.trapezoid(gained - share * gained[-1], share))
    # The area is a mean of signals, each weighed by how far before the middle it stands.
    weight = 0.5 - (np.arange(len(signal)) + 0.5) / len(signal)
    error = float(signal.std() * np.sqrt((weight**2).sum()) / len(signal))
    return Ranking(share, gained, qini, error)


@dataclass(frozen=True, eq=False)
class Grades:
    """Groups of equally many people by predicted uplift, the lowest first.

    `predicted` and `realised` are their means, `low` and `high` the 95 % bounds of what was
    realised; `slope` is how much realised uplift rises with predicted, 1 when they agree.
    """

    predicted: FloatArray
    realised: FloatArray
    low: FloatArray
    high: FloatArray
    slope: float


def grades(
    uplift: FloatArray,
    treated: BoolArray,
    outcome: FloatArray,
    *,
    usual: FloatArray | None = None,
    count: int = 10,
) -> Grades:
    """Compare predicted with realised uplift in tenths of the people.

    `usual` is the outcome foretold for each without the treatment known; it narrows the bounds.
    """
    groups = np.array_split(np.argsort(uplift, kind="stable"), count)
    signal = effect_signal(outcome, usual, treated)
    predicted = np.array([uplift[group].mean() for group in groups])
    realised = np.array([signal[group].mean() for group in groups])
    reach = np.array([1.96 * signal[group].std() / np.sqrt(len(group)) for group in groups])
    slope, _ = slope_of(realised, predicted)
    return Grades(predicted, realised, realised - reach, realised + reach, slope)
