"""New events folded into the live snapshot: whom they touch is placed anew, nothing is refitted.

Circles, names and ids stay; so do sharing, value, stages and tiers until the next run, and the
habits of the lifestyle facet. The answer is a new snapshot, published like that of a run.
"""
