"""The one rewrite of each table whose columns have a type that is replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ...core.plan import Step
from ...core.schema import Name
from ...core.schema import Place
from ..objects.column import Column
from ..sql import block
from ..sql import ddl
from ..sql import quoting
from ..sql import using
from . import several_parents as kin
from .defaults import Defaults
from .defaults import set_default
from .labels import Alteration
from .labels import displaced_labels
from .several_parents import Kin


@dataclass(frozen=True, slots=True)
class ColumnRewrite:
    """What happens to one column while its table is rewritten.

    :param column: the column as it is now.
    :param actions: what changes its type; nothing where its parent's change does it.
    :param has_default: whether it has a default that must go first.
    :param set_default: the action that sets its default afterwards, or ``""``.
    :param properties: what else is set afterwards, of this table alone.
    :param type_: the type that is replaced, if any.
    """

    column: Column
    actions: tuple[str, ...]
    has_default: bool = False
    set_default: str = ""
    properties: tuple[str, ...] = ()
    type_: Name | None = None


def replaced_columns(
    replaced: Sequence[Alteration],
    before: Defaults,
    after: Defaults,
    elsewhere: set[Place],
    detoured: set[Place],
) -> Iterator[ColumnRewrite]:
    """Yield the columns whose types are replaced.

    :param elsewhere: columns whose default is taken care of elsewhere.
    :param detoured: columns that hold rows of these tables, and are text meanwhile.
    """
    seen = set(detoured)
    for alteration in replaced:
        for column in alteration.enum.columns:
            place = (column.table, column.column)
            # A row type can hold several enums that are replaced.
            if column.relation_kind not in ("r", "p", "f") or place in seen:
                continue
            seen.add(place)
            default = None if place in elsewhere else after.get(column)
            yield ColumnRewrite(
                column,
                () if column.inherited else (_change_type(alteration, column),),
                place not in elsewhere and before.get(column) is not None,
                "" if default is None else set_default(column, default),
                type_=alteration.change.name,
            )


def rewrite_tables(
    rewrites: Iterable[ColumnRewrite],
) -> tuple[list[Step], list[Name]]:
    """Return the one ``ALTER TABLE`` of each table, and which tables it rewrites.

    The columns of children and partitions change with their parent's, but their defaults are
    their own, and block the change just the same.
    """
    by_table: dict[Name, list[ColumnRewrite]] = defaultdict(list)
    united, kin_actions = _united([*rewrites], by_table)
    drops: list[Step] = []
    changes: list[Step] = []
    sets: list[Step] = []
    rewritten: list[Name] = []
    for table in sorted(by_table):
        own = sorted(by_table[table], key=lambda rewrite: rewrite.column.column)
        columns = [rewrite.column for rewrite in own]
        related = any(column.inherited or column.has_children for column in columns)
        drop = [ddl.drop_default(one.column.column) for one in own if one.has_default]
        put = [one.set_default for one in own if one.set_default]
        put += [action for one in own for action in one.properties]
        types = [action for one in own for action in one.actions]
        apart, together = kin.apart(columns)
        drops += [Step("", (ddl.alter_table(table, [action]),)) for action in apart]
        sets += [Step("", (ddl.alter_table(table, [action]),)) for action in together]
        if related:
            drops += [Step("", (ddl.alter_table(table, drop, only=True),))] if drop else []
            sets += [Step("", (ddl.alter_table(table, put, only=True),))] if put else []
            drop, put = [], []
        if any(column.relation_kind == "f" for column in columns):
            if drop or types or put:
                sql = ddl.alter_table(table, [*drop, *types, *put], foreign=True)
                changes.append(Step("", (sql,)))
        elif types:
            rewritten.append(table)
            sql = ddl.alter_table(table, [*drop, *types, *put])
            changes.append(Step("", (sql,)))
    for kin_, actions in zip(united, kin_actions, strict=True):
        rewritten += [top for top in kin_.tops if top not in rewritten]
        drops.append(Step("", tuple(kin_.unite())))
        changes.append(Step("", (ddl.alter_table(kin_.name, actions),)))
        sets.insert(0, Step("", tuple(kin_.part())))
    return [*drops, *changes, *sets], sorted(rewritten)


def _united(
    rewrites: Sequence[ColumnRewrite], by_table: dict[Name, list[ColumnRewrite]]
) -> tuple[list[Kin], list[list[str]]]:
    """Sort rewrites by table, but for those of tables that get an ancestor in common.

    :return: these tables, and the actions for each ancestor.
    """
    by_type: dict[Name, list[Column]] = defaultdict(list)
    for rewrite in rewrites:
        if rewrite.type_:
            by_type[rewrite.type_].append(rewrite.column)
    united = [one for type_, columns in by_type.items() for one in kin.kin_of(columns, type_)]
    actions: list[list[str]] = [[] for _ in united]
    for rewrite in rewrites:
        column, own = rewrite.column, rewrite
        for number, one in enumerate(united):
            if column.table in one.tops and column.column in one.columns:
                if column.table == one.tops[0]:
                    actions[number] += rewrite.actions
                own = replace(rewrite, actions=())
        by_table[column.table].append(own)
    return united, actions


def casts(replaced: Sequence[Alteration], detoured: set[Place]) -> tuple[list[Step], list[Step]]:
    """Return the statements before and after the rewrites for columns that take no ``USING``."""
    before: list[Step] = []
    after: list[Step] = []
    for alteration in replaced:
        columns = [c for c in alteration.enum.columns if (c.table, c.column) not in detoured]
        old = alteration.old_name
        new = alteration.change.new_name
        if foreign := [column for column in columns if column.has_foreign_children]:
            name = alteration.change.new_name
            function = Name(name.schema, quoting.shortened(name.name, "__from_old"))
            table = foreign[0].table if len(foreign) == 1 else new
            converted = _scalar(alteration, table, "value")
            before.append(
                Step(
                    "Foreign tables take no USING: a cast converts the values of their kin.",
                    (
                        block.convert_function(function, old, new, converted),
                        ddl.create_cast_with(old, new, function),
                    ),
                )
            )
            after.append(Step("", (ddl.drop_cast(old, new), ddl.drop_function(function, old))))
        elif any(map(takes_no_using, columns)):
            before.append(Step("", (ddl.create_cast(old, new),)))
            after.append(Step("", (ddl.drop_cast(old, new),)))
    return before, after


def takes_no_using(column: Column) -> bool:
    """Return whether PostgreSQL converts a column's values by a cast only."""
    return bool(column.generated or column.has_foreign_children)


def _change_type(alteration: Alteration, column: Column) -> str:
    new = quoting.qualified(alteration.change.new_name) + "[]" * column.dimensions
    return ddl.alter_column_type(column.column, column.through or new, _using(alteration, column))


def stored_as(column: Column) -> Iterator[str]:
    """Yield the actions for how a column is stored: each table has its own say."""
    if column.storage:
        yield ddl.set_storage(column.column, column.storage)
    if column.compression:
        yield ddl.set_compression(column.column, column.compression)


def _using(alteration: Alteration, column: Column) -> str:
    """Return how a column's values become those of the new type."""
    if column.relation_kind == "f" or takes_no_using(column):
        return ""
    table, steps = column.table, set(column.made_of)
    if not steps <= {"a", "d"}:
        return using.through_text(column.column, column.through)
    if "a" not in steps:
        converted = _scalar(alteration, table, column.column, domain="d" in steps)
    else:
        pairs = displaced_labels(alteration)
        moved = {label: becomes for label, becomes in pairs.items() if label != becomes}
        refused = [label for label, drop in alteration.gone.items() if not drop.mapped]
        converted = using.convert_array(
            table, column.column, alteration.change.new_name, moved, refused
        )
    through = column.through
    return using.cast(converted, through) if through else converted


def _scalar(alteration: Alteration, table: Name, value: str, *, domain: bool = False) -> str:
    """Return how a label becomes one of the new type.

    :param value: the name of the column, or argument, that holds it.
    """
    old, new = alteration.old_name, alteration.change.new_name
    if not alteration.keeps_others:
        pairs = displaced_labels(alteration)
        return using.convert_scalar(table, value, old, new, pairs, domain=domain)
    mapping = {label: drop.becomes for label, drop in alteration.gone.items() if drop.mapped}
    refused = [label for label, drop in alteration.gone.items() if not drop.mapped]
    return using.convert_others(table, value, old, new, mapping, refused, domain=domain)
