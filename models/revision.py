"""A second look at circles just found: cut what is two, bring back what is remembered."""

from dataclasses import replace

from threadpoolctl import threadpool_limits

from models.circles import covering, settled
from models.discovery import EM_PEOPLE
from models.division import divided
from models.landmarks import Canon, draw
from models.profiles import TagProfiles
from models.rows import FloatArray, Matrix, Rows
from models.warmth import warmed
from models.weights import damp_rows


def revised(
    model: TagProfiles,
    X: Matrix,
    *,
    seeds: FloatArray,
    fewest: float,
    coverage: float | None = None,
    seed: int = 0,
) -> TagProfiles:
    """Return fitted profiles after a second look at the people they were fitted on.

    Parameters
    ----------
    model : TagProfiles
        As `CircleClusterer` fitted it on `X`.
    X : matrix of shape (n_users, n_tags)
        Raw weights.
    seeds : ndarray of shape (n_seeds, n_tags)
        Signatures of the run before; no row when there was none.
    fewest : float
        People a circle must hold.
    coverage : float, default=None
        Share of the people to place, as the estimator was asked for.
    """
    observed = damp_rows(Rows.of(X), unit=model.unit)
    people = observed.take(draw(Canon.of(observed), EM_PEOPLE, seed=seed + 2))
    min_share = fewest / max(observed.n_rows, 1)
    with threadpool_limits(1):
        found = divided(replace(model, offset=0.0), people, min_share=min_share)
        found = warmed(found, seeds, people, min_share=min_share)
    found = settled(found, observed, fewest)
    if coverage is None:
        return found
    return replace(found, offset=covering(found, observed, coverage))
