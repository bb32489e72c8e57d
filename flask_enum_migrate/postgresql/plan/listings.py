"""Lists of labels, as of a CHECK: they know nothing of a label that comes, and lose one that goes.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from ...core.alter_enum import AlterEnum
from ..objects.base import Dependent
from ..sql import ddl
from ..sql.membership import Gone
from ..sql.membership import without
from .facts import Facts
from .labels import Alteration
from .labels import unlisted
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


def gone(changes: Iterable[AlterEnum], facts: Facts) -> Gone:
    """Return which labels go from lists of them, by type."""
    return {} if facts.keep_expressions else {one.name: unlisted(one) for one in changes}


def changed(dependents: Iterable[Dependent], gone: Gone) -> Iterator[Dependent]:
    """Yield what lists labels that go."""
    for one in dependents:
        if any(without(sql, gone) != sql for sql in one.expressions()):
            yield one


def no_longer(
    changes: Iterable[AlterEnum], dependents: Sequence[Dependent], gone: Gone
) -> Iterator[str]:
    """Yield what lists a label no more, in words."""
    for change in changes:
        for drop in change.removed:
            label, becomes = drop.label, gone.get(change.name, {}).get(drop.label)
            if found := list(changed(dependents, {change.name: {label: becomes}})):
                how = "no longer listed" if becomes is None else f"listed as {drop.becomes!r}"
                yield f"{label!r} is {how} by {', '.join(map(str, found))}."
