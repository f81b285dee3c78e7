"""Circles learned from people whose groups are told."""

from models.mixture import crowd_shares, refine, seeded, settle


def learned(rows, groups):
    """Profiles of people in the groups given; -1 is for no group."""
    profiles = seeded(rows, groups, crowd=crowd_shares(rows))
    return settle(refine(profiles, rows), rows)
