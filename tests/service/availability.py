"""A check for schemathesis: what a call made is there afterwards.

Its own `ensure_resource_availability` takes a call that is answered again under its
`Idempotency-Key` for one that made something just now. The answer is that of the first time, as it
shall be, and what was made then may have been removed in between, by a chain of calls this one
knows nothing of: schemathesis looks for removals within one chain alone. Such answers say so
(`Idempotent-Replayed`), and are passed over here; all others are checked.
"""

import schemathesis
from schemathesis.specs.openapi.checks import ensure_resource_availability


@schemathesis.check
def what_was_made_is_there(ctx, response, case):
    """Leave out calls whose parent was a repetition."""
    parent = ctx.internals.find_parent(case_id=case.id)
    made = parent and ctx.internals.find_response(case_id=parent.id)
    if made is not None and "idempotent-replayed" in made.headers:
        return None
    return ensure_resource_availability(ctx, response, case)
