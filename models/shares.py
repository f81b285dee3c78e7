"""A share of people, and how sure it is."""

from statistics import NormalDist


def share_interval(hits: int, trials: int, *, level: float = 0.95) -> dict[str, float]:
    """Return hits out of trials as a share with Wilson's score interval (1927); 0 to 1 of none."""
    if not trials:
        return {"people": 0, "share": float("nan"), "low": 0.0, "high": 1.0}
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = z * (share * (1 - share) / trials + z * z / (4 * trials**2)) ** 0.5
    half = spread / (1 + z * z / trials)
    return {"people": trials, "share": share, "low": middle - half, "high": middle + half}
