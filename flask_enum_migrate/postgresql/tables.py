"""The one rewrite of each table whose columns have a type that is replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence

from ..core.schema import LiveColumn
from ..core.schema import Name
from . import ddl
from . import quoting
from . import using
from .alteration import Alteration
from .alteration import displaced_labels
from .defaults import Defaults
from .defaults import set_default
from .facts import Facts
from .facts import Step
from .facts import human_size


def rewrite_tables(
    replaced: Sequence[Alteration],
    facts: Facts,
    before: Defaults,
    after: Defaults,
    elsewhere: set[tuple[Name, str]],
    detoured: set[tuple[Name, str]],
) -> tuple[list[Step], list[Name]]:
    """Return the one ``ALTER TABLE`` of each table, and which tables it rewrites.

    The columns of children and partitions change with their parent's, but their defaults are
    their own, and block the change just the same.

    :param elsewhere: columns whose default is taken care of elsewhere.
    :param detoured: columns that hold rows of these tables, and are text meanwhile.
    """
    by_table: dict[Name, list[tuple[Alteration, LiveColumn]]] = defaultdict(list)
    seen = set(detoured)
    for alteration in replaced:
        for column in alteration.enum.columns:
            # A row type can hold several enums that are replaced.
            if (
                column.relation_kind in ("r", "p", "f")
                and (column.table, column.column) not in seen
            ):
                seen.add((column.table, column.column))
                by_table[column.table].append((alteration, column))
    drops: list[Step] = []
    rewrites: list[Step] = []
    sets: list[Step] = []
    rewritten: list[Name] = []
    for table in sorted(by_table):
        columns = sorted(by_table[table], key=lambda item: item[1].column)
        related = any(column.inherited or column.has_children for _, column in columns)
        own = [c for _, c in columns if (c.table, c.column) not in elsewhere]
        drop = [ddl.drop_default(c.column) for c in own if before.get(c) is not None]
        put = [set_default(c, after[c], facts, replaced) for c in own if after.get(c) is not None]
        types = [a for alt, c in columns if not c.inherited for a in _column_actions(alt, c, facts)]
        shown = facts.shown(table)
        apart, together = _kinship(columns)
        drops += [Step("", (ddl.alter_table(shown, [action]),)) for action in apart]
        sets += [Step("", (ddl.alter_table(shown, [action]),)) for action in together]
        if related:
            drops += [Step("", (ddl.alter_table(shown, drop, only=True),))] if drop else []
            sets += [Step("", (ddl.alter_table(shown, put, only=True),))] if put else []
            drop, put = [], []
        if any(column.relation_kind == "f" for _, column in columns):
            sql = ddl.alter_table(shown, [*drop, *types, *put], foreign=True)
            rewrites.append(Step("", (sql,)))
        elif types:
            rewritten.append(table)
            sql = ddl.alter_table(shown, [*drop, *types, *put])
            rewrites.append(Step(_cost(table, facts), (sql,)))
    return [*drops, *rewrites, *sets], rewritten


def _kinship(columns: Sequence[tuple[Alteration, LiveColumn]]) -> tuple[list[str], list[str]]:
    """Return the actions that take a table off its kin, and those that put it back.

    A child of several parents can't follow any of them alone, nor a typed table its type.
    """
    apart: list[str] = []
    together: list[str] = []
    for parents in {column.parents for _, column in columns if column.parents}:
        apart += [ddl.no_inherit(parent) for parent in reversed(parents[1:])]
        together += [ddl.inherit(parent) for parent in parents[1:]]
    for type_ in {column.typed_table for _, column in columns if column.typed_table}:
        apart.append(ddl.not_of())
        together.append(ddl.of_type(type_))
    return apart, together


def _column_actions(alteration: Alteration, column: LiveColumn, facts: Facts) -> Iterator[str]:
    new = quoting.qualified(facts.shown(alteration.change.new_name)) + "[]" * column.dimensions
    yield ddl.alter_column_type(
        column.column, column.through or new, _using(alteration, column, facts)
    )
    if column.storage:
        yield ddl.set_storage(column.column, column.storage)
    if column.compression:
        yield ddl.set_compression(column.column, column.compression)


def _using(alteration: Alteration, column: LiveColumn, facts: Facts) -> str:
    """Return how a column's values become those of the new type."""
    if column.relation_kind == "f":
        return ""
    old, new = facts.shown(alteration.displaced), facts.shown(alteration.change.new_name)
    table, steps = facts.shown(column.table), set(column.made_of)
    if not steps <= {"a", "d"}:
        return using.through_text(column.column, column.through)
    pairs = displaced_labels(alteration)
    if "a" not in steps:
        domain = "d" in steps
        converted = using.convert_scalar(table, column.column, old, new, pairs, domain=domain)
    else:
        moved = {label: becomes for label, becomes in pairs.items() if label != becomes}
        targets = set(alteration.change.renames.values())
        refused = [
            alteration.temporary(drop.label) if drop.label in targets else drop.label
            for drop in alteration.change.removed
            if not drop.mapped
        ]
        converted = using.convert_array(table, column.column, old, new, moved, refused)
    return using.cast(converted, column.through) if column.through else converted


def _cost(table: Name, facts: Facts) -> str:
    size = facts.sizes.get(table)
    about = f", about {human_size(size.total)}," if size else ""
    return f"Rewrites {facts.shown(table)}{about} under an ACCESS EXCLUSIVE lock."
