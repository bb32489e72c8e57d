"""Column defaults: what becomes of them when labels or types change, and the statements for it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ...core.alter_column_type import AlterColumnType
from ...core.alter_enum import AlterEnum
from ...core.changes import DropValue
from ...core.changes import RetireValue
from ...core.errors import Question
from ...core.errors import Refusal
from ...core.errors import typed
from ...core.plan import Step
from ...core.schema import LiveColumn
from ...core.schema import Name
from ...core.schema import Place
from ..objects.column import Column
from ..sql import ddl
from ..sql import quoting
from ..sql.expressions import TypeChange
from ..sql.expressions import constant
from ..sql.expressions import elements
from ..sql.expressions import follow
from ..sql.expressions import follow_array
from ..sql.expressions import portable
from ..sql.membership import array_default
from .facts import Facts
from .labels import Alteration
from .refusals import listed

Defaults = Mapping[Column, str | None]


def follow_defaults(before: Defaults, alterations: Sequence[Alteration]) -> Defaults:
    """Return the defaults after the changes."""
    following = {a.change.name: a.following_defaults() for a in alterations}
    after: dict[Column, str | None] = {}
    for alteration in alterations:
        removed = [one.label for one in alteration.change.leaving]
        for column, default in alteration.column_defaults(before):
            if default is not None:
                default = follow(_shortened(default, alteration), following, removed).sql
            after[column] = default
    return after


def current_defaults(alterations: Iterable[Alteration]) -> Defaults:
    """Return the defaults that changes are to follow, as they are today.

    Those of columns that are made of a type in another way are objects of their own where the type
    is replaced.
    """
    return {
        column: column.default
        for alteration in alterations
        for column in alteration.enum.columns
        if not column.generated
        and (not column.through or (alteration.change.retired and column.can_be_guarded))
    }


def retired_defaults(before: Defaults, alterations: Iterable[Alteration]) -> Defaults:
    """Return the defaults once labels are retired, which comes before all else."""
    after = dict(before)
    for alteration in alterations:
        name = alteration.change.name
        for column, default in alteration.column_defaults(before):
            if default is None or not alteration.change.retired:
                continue
            shortened = _shortened(default, alteration, retired=True)
            settled = follow(shortened, {name: alteration.following_retired()}).sql
            if settled != follow(default, {name: TypeChange(name)}).sql:
                after[column] = settled
    return after


def lost_defaults(
    before: Defaults, alterations: Sequence[Alteration], facts: Facts
) -> Iterator[Refusal]:
    """Yield the defaults that name a label with nowhere to go."""
    following = {a.change.name: a.following_defaults() for a in alterations}
    for alteration in alterations:
        removed = [one.label for one in alteration.change.leaving]
        for column, default in alteration.column_defaults(before):
            if default is None:
                continue
            default = _shortened(default, alteration)
            if not follow(default, following, removed).lost:
                continue
            for other in alterations:
                if lost := _lost(default, alteration, other, following):
                    yield _default_refusal(column, default, lost, other, facts)


def _shortened(default: str, alteration: Alteration, *, retired: bool = False) -> str:
    """Return a default that is an array without labels that nothing takes the place of.

    :param retired: whether only labels that are retired go.
    """
    change = alteration.change
    leaving = change.retirements if retired else change.leaving
    return array_default(default, {change.name: unmapped(leaving)})


def unmapped(leaving: Iterable[DropValue | RetireValue]) -> dict[str, str | None]:
    """Return the labels that nothing takes the place of, as arrays lose them."""
    return {one.label: None for one in leaving if not one.mapped}


def _lost(
    default: str, own: Alteration, other: Alteration, following: Mapping[Name, TypeChange]
) -> tuple[str, ...]:
    """Return the labels of one type that a default names, and that have nowhere to go.

    :param own: the change of the type that the default is of: texts in it may be labels, too.
    """
    kept = {name: replace(change, removed=()) for name, change in following.items()}
    asked = following[other.change.name]
    removed = asked.removed or ()
    return follow(default, {**kept, other.change.name: asked}, removed if other is own else ()).lost


def _default_refusal(
    column: Column,
    default: str,
    labels: Sequence[str],
    alteration: Alteration,
    facts: Facts,
) -> Refusal:
    """Return the refusal of a default, which asks about the labels that have no answer yet."""
    change, called = alteration.change, facts.called(alteration.change.name)
    lost = [label for label in labels if label not in change.mapping]
    flags = tuple(typed("--map", f"{called}.{label}=LABEL") for label in lost)
    questions = tuple(
        Question(f"{called}.{label}", change.new_labels, about=repr(label)) for label in lost
    )
    fact = f"The default of {column} is {default}, which names {listed(labels)}."
    if not flags:
        return Refusal(fact, "It can't follow by itself: change the default first.")
    action = "Say what becomes of it, or change the default first."
    return Refusal(fact, action, flags, questions)


def set_default(column: Column, default: str | None) -> str:
    """Return the action that sets a default."""
    return ddl.set_default(column.column, portable(default or "NULL"))


def default_action(column: Column, default: str | None) -> str:
    """Return the action that sets a default, or drops it."""
    return ddl.drop_default(column.column) if default is None else set_default(column, default)


def changed_tables(
    alterations: Sequence[Alteration], before: Defaults, after: Defaults
) -> list[Name]:
    """Return the tables whose defaults have to be set."""
    return [column.table for column, _ in differing_defaults(alterations, before, after)]


def differing_defaults(
    alterations: Sequence[Alteration], before: Defaults, after: Defaults
) -> Iterator[tuple[Column, str | None]]:
    """Yield the defaults that don't become what they should by the renames alone."""
    following = {
        a.change.name: TypeChange(a.change.new_name, a.change.renames) for a in alterations
    }
    for alteration in alterations:
        for column, default in alteration.column_defaults(before):
            by_itself = None if default is None else follow(default, following).sql
            if by_itself != after[column]:
                yield column, after[column]


def changed_defaults(
    in_place: Sequence[Alteration],
    before: Defaults,
    after: Defaults,
    elsewhere: Collection[Place],
) -> list[Step]:
    """Return the statements for defaults that no rewrite of their table sets.

    :param elsewhere: columns whose default is taken care of elsewhere.
    """
    steps = []
    for column, default in differing_defaults(in_place, before, after):
        if (column.table, column.column) in elsewhere:
            continue
        action = default_action(column, default)
        only = column.inherited or column.has_children
        steps.append(Step("", (ddl.alter_table(column.table, [action], only=only),)))
    return steps


def affected(change: AlterEnum, columns: Iterable[LiveColumn]) -> Iterator[LiveColumn]:
    """Yield the columns whose default means something else before and after a change."""
    labels = {**change.renames, **{one.label: one.becomes for one in change.leaving}}
    following = {change.name: TypeChange(change.new_name, labels)}
    for column in columns:
        default = column.default
        if default is not None and follow(default, following).sql != default:
            yield column


@dataclass(frozen=True, slots=True)
class Converted:
    """What becomes of a default.

    :param sql: the default afterwards, or None.
    :param lost: texts in it that have nowhere to go.
    :param unclear: whether it is more than can be followed.
    """

    sql: str | None = None
    lost: tuple[str, ...] = ()
    unclear: bool = False


def converted_default(change: AlterColumnType, column: Column) -> Converted:
    """Return what becomes of a column's default of today."""
    default, pairs = column.default, change.pairs
    if default is None:
        return Converted()
    name = change.new.enum if change.new.enum else Name("", "text")
    found, texts = constant(default), default_texts(change, column)
    if found is None:
        if change.old.enum is None:
            return Converted(unclear=not default.startswith("NULL::"))
        lost = [label for label in change.old.labels if label not in pairs]
        followed = follow(default, {change.old.enum: TypeChange(name, pairs)}, lost)
        return Converted(followed.sql, followed.lost)
    if lost := [text for text in texts if text not in pairs and change.new.is_enum]:
        return Converted(lost=tuple(lost))
    if change.wraps and change.array and len(texts) != 1:
        return Converted(unclear=True)
    if change.wraps:
        one = pairs.get(texts[0], texts[0])
        becomes = one if change.array or one is None else f"{{{quoting.DEPARSED.element(one)}}}"
    else:
        becomes = follow_array(found, pairs) if change.array else pairs.get(found, found)
    if becomes is None:
        return Converted()
    suffix = f"::{quoting.qualified(name)}{'[]' if change.new.array else ''}"
    return Converted(quoting.literal(becomes) + (suffix if change.new.enum else ""))


def around_conversion(change: AlterColumnType, column: Column, *, today: bool) -> tuple[bool, str]:
    """Return whether a default is dropped first, and the action that sets it again, or ``""``.

    :param today: whether the change starts from the database as it is now.
    """
    other = converted_default(change if today else change.reverse(), column).sql
    before, after = (column.default, other) if today else (other, column.default)
    return before is not None, "" if after is None else set_default(column, after)


def default_texts(change: AlterColumnType, column: LiveColumn) -> Sequence[str]:
    """Return the texts that a column's default gives, where it is a constant."""
    found = constant(column.default) if column.default is not None else None
    if found is None:
        return ()
    return elements(found) if change.array else (found,)


def unconvertible_defaults(change: AlterColumnType, facts: Facts) -> Iterator[Refusal]:
    """Yield the defaults of a column and its family that can't become one of the new type."""
    for column in facts.columns[change.place].family:
        becomes = converted_default(change, column)
        fact = f"The default of {column} is {column.default}"
        if becomes.lost:
            flags = (typed("--map", f"{change.called}.{text}=LABEL") for text in becomes.lost)
            yield Refusal(
                f"{fact}, and {listed(becomes.lost)} is no label of {change.new}.",
                "Say what becomes of it, or change the default first.",
                tuple(flags),
                tuple(
                    Question(f"{change.called}.{text}", change.new.labels, about=repr(text))
                    for text in becomes.lost
                ),
            )
        elif becomes.unclear:
            yield Refusal(
                f"{fact}, which can't become a {change.new} by itself.",
                "Drop or change the default in a migration of its own first.",
            )
