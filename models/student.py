"""Student's t without scipy, for processes that must stay small."""

from math import copysign, exp, inf, lgamma, log, pi
from statistics import NormalDist

NORMAL_FROM = 1e6
TERMS = 10_000
TINY, CLOSE = 1e-300, 1e-15


def upper_tail(t: float, freedom: float) -> float:
    """Return the chance of more than `t` with so many degrees of freedom, not always whole."""
    if freedom >= NORMAL_FROM:
        return NormalDist().cdf(-t)
    whole = freedom + t * t
    beyond = 0.5 * share_of_beta(freedom / whole, t * t / whole, freedom / 2, 0.5)
    return beyond if t >= 0 else 1.0 - beyond


def quantile(p: float, freedom: float) -> float:
    """Return what is exceeded with the chance 1 - p, for p in (0, 1)."""
    tail = min(p, 1.0 - p)
    if tail == 0.5:
        return 0.0
    low, high = 0.0, 1.0
    while upper_tail(high, freedom) > tail and high < inf:
        low, high = high, 2.0 * high
    t = min(max(-NormalDist().inv_cdf(tail), low), high)
    for _ in range(200):
        off = upper_tail(t, freedom) - tail
        low, high = (t, high) if off > 0 else (low, t)
        step = t + off / density(t, freedom)
        after = step if low < step < high else (low + high) / 2
        if abs(after - t) <= CLOSE * max(t, 1.0):
            break
        t = after
    return copysign(t, p - 0.5)


def density(t: float, freedom: float) -> float:
    """Return how dense the distribution is at `t`."""
    scale = lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - 0.5 * log(freedom * pi)
    return exp(scale - (freedom + 1) / 2 * log(1 + t * t / freedom))


def share_of_beta(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22).

    `rest` is 1 - x, which `x` near 1 would not tell exactly.
    """
    if x <= 0.0 or rest <= 0.0:
        return float(rest <= 0.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - share_of_beta(rest, x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest)) / a
    return front / fraction(x, a, b)


def fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction from its front (Lentz 1976)."""
    value = c = 1.0
    d = 0.0
    for term in range(1, TERMS):
        m, is_odd = divmod(term, 2)
        if is_odd:
            part = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            part = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + part * d or TINY)
        c = 1.0 + part / c or TINY
        value *= c * d
        if abs(c * d - 1.0) < CLOSE:
            break
    return value
