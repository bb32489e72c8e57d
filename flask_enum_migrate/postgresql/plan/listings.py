"""What CHECKs that list labels mean for a change: they know nothing of a label that comes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..sql import ddl
from .facts import Facts
from .labels import Alteration
from .refusals import listed


def kept_out(alteration: Alteration, facts: Facts) -> Iterator[str]:
    """Yield the CHECKs that will keep a new label out of rows, in words."""
    change = alteration.change
    for one in facts.listings:
        known = {change.renamed(label) for label in one.labels}
        missing = [add.label for add in change.added if add.label not in known]
        # One that names none of the type's labels is about something else.
        if one.enum != alteration.enum.key or not missing or not known & {*change.new_labels}:
            continue
        where, action = facts.shown(one.owner), ddl.drop_constraint(one.constraint)
        drop = ddl.alter_table(where, [action]) if one.column else ddl.alter_domain(where, action)
        named = f"The CHECK {one.constraint} on {where}"
        yield f"{named} keeps {listed(missing)} out. To drop it: {drop}"
