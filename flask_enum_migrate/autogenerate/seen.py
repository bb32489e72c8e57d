"""What differs in one bind, seen together with what Alembic found about tables and columns."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

from alembic.operations.ops import OpContainer
from sqlalchemy import Connection

from ..app.database import Database
from ..core.alter_column_type import AlterColumnType
from ..core.alter_enum import AlterEnum
from ..core.backend import NewColumn
from ..core.changes import CreateType
from ..core.changes import DropType
from ..core.diff import alter
from ..core.diff import kept_out
from ..core.errors import AnswerError
from ..core.errors import Refusal
from ..core.pairing import WrongColumn
from ..core.schema import DeclaredEnum
from ..core.schema import LiveColumn
from ..core.schema import LiveSchema
from ..core.schema import Name
from ..core.schema import Place
from ..core.wording import some
from ..proposal import Draft
from ..proposal import answered
from ..proposal import draft
from ..proposal import drop_type
from ..proposal import mapped_schemas
from ..settings import Settings
from .tree import Tree


@dataclass(frozen=True)
class Seen:
    """All that is to be done about the enums of one bind.

    :param draft: what changes about types that exist, and what of it is planned.
    :param creates: types that new columns need, named as their models name them.
    :param drops: types whose last column goes in the same revision.
    :param tree: what Alembic found about tables and columns.
    :param refusals: what needs an answer, or can't be done safely.
    :param of_the_app: types that tables which come create by themselves, because the app's own
        ``render_item`` writes their columns.
    :param of_the_app_before: the same of tables that go, for the way back.
    :param notes: what else there is to say.
    :param guarded: new columns of types of which labels are retired.
    """

    draft: Draft
    live: LiveSchema
    creates: tuple[CreateType, ...]
    drops: tuple[DropType, ...]
    tree: Tree
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    of_the_app: frozenset[Name] = frozenset()
    of_the_app_before: frozenset[Name] = frozenset()
    guarded: tuple[NewColumn, ...] = ()

    @property
    def wrong(self) -> tuple[WrongColumn, ...]:
        """The columns of another type which Alembic doesn't see, and only a person can convert."""
        differing = self.tree.other_types()
        return tuple(
            one
            for one in self.draft.database.pairing.wrong_columns
            if one.conversion is None
            and (one.found.table, one.column.column) not in differing
            and one.found.array != one.column.array
        )

    @property
    def changes(self) -> tuple[AlterEnum, ...]:
        """What changes about types that exist."""
        return self.draft.changes

    @property
    def conversions(self) -> tuple[AlterColumnType, ...]:
        """The columns that get another type."""
        return self.draft.conversions

    @property
    def all_creates(self) -> tuple[CreateType, ...]:
        """All types that are new."""
        return (*self.draft.creates, *self.creates)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.draft.is_empty and not (self.creates or self.drops or self.wrong)


def see(
    database: Database,
    live: LiveSchema,
    connection: Connection,
    operations: OpContainer,
    settings: Settings,
    *,
    writes: bool,
) -> Seen:
    """Put together what differs in one bind.

    :param operations: what Alembic found about tables and columns.
    :param writes: whether a revision is to be written, so that a plan is needed.
    """
    known = {column.table for enum in live.enums for column in enum.columns}
    tree = Tree(operations, live.search_path, known | _tables(live))
    database, creates = _as_compared(database, live, tree)
    drops, notes = _drops(database, live, connection, tree, settings)
    if not writes:
        changes = tuple(
            change
            for match in database.pairing.pairs
            if (change := alter(match, compare_order=settings.compare_order))
        )
        one = Draft(database, changes, database.conversions, database.pairing.creates)
        return Seen(one, live, creates, drops, tree, (), notes)
    answers, aside = answered([database], settings)
    one = draft(database, settings, answers)
    if not one.is_empty:
        notes = (*notes, *map(_left_aside, aside))
    placed = [
        replace(new, name=Name(new.name.schema or live.default_schema, new.name.name))
        for new in creates
        if not new.left_over
    ]
    if not settings.qualify:
        creates = tuple(_unqualified(new, database, live) for new in creates)
    refusals = (
        *one.refusals,
        *database.looked_by.creation_refusals(connection, placed, database.facts),
        *_out_of_order(one, live, tree),
        *mapped_schemas((new.name for new in creates), database, settings),
    )
    guarded = tuple(_guarded(one, tree))
    return Seen(one, live, creates, drops, tree, refusals, notes, guarded=guarded)


def _guarded(one: Draft, tree: Tree) -> Iterator[NewColumn]:
    """Yield the new columns of types of which labels are, or will be, retired."""
    changes = {change.name: change for change in one.changes}
    missing, created = one.database.pairing.missing_columns, tree.created()
    for pair in one.database.pairing.pairs:
        labels = kept_out(pair, changes.get(pair.live.name))
        for column in pair.declared.columns if labels else ():
            if column in missing and (column.table.name, column.column) in created:
                yield NewColumn(column, one.database.facts.shown(pair.new_name), labels)


def _unqualified(new: CreateType, database: Database, live: LiveSchema) -> CreateType:
    """Return a new type without a schema that stands for another one."""
    mapped = {to for raw, to in database.schema_map.items() if raw != to}
    if new.name.schema == live.default_schema and new.name.schema in mapped:
        return replace(new, name=Name("", new.name.name))
    return new


def _tables(live: LiveSchema) -> set[Name]:
    return {found.table for found in live.found.values() if found.table}


def _as_compared(
    database: Database, live: LiveSchema, tree: Tree
) -> tuple[Database, tuple[CreateType, ...]]:
    """Leave the columns whose type env.py doesn't let Alembic compare, and find the new types.

    :return: the database with the rest, and the types that only new columns need.
    """
    pairing, differing = database.pairing, tree.other_types()
    wrong = tuple(
        one
        for one in pairing.wrong_columns
        if one.conversion is None
        or one.conversion.only_adds_check
        or one.conversion.place in differing
        or one.conversion.wraps  # Alembic doesn't tell an array from its elements
    )
    needed = {one.conversion.new.enum for one in wrong if one.conversion}
    creates = tuple(create for create in pairing.creates if create.name in needed)
    enums = {
        one.declared.name: one.declared
        for one in pairing.wrong_columns
        if isinstance(one.declared, DeclaredEnum)
    }
    made = {one.declared.name for one in pairing.pairs} | {
        one.declared.name
        for one in wrong
        if isinstance(one.declared, DeclaredEnum) and one.conversion
    }
    left = [enum for name, enum in enums.items() if name not in made]
    there = [one.declared for one in pairing.leftovers]
    created = tree.created() | {(table.name, column) for table, column in differing}
    # What a domain or the MetaData needs may stay when tables go, and so does the type.
    new = tuple(
        CreateType(enum.name, enum.labels, enum in there or bool(enum.also))
        for enum in (*pairing.new, *left, *there)
        if not enum.is_string
        and (
            any((column.table.name, column.column) in created for column in enum.columns)
            or (enum.also and enum in pairing.new)
        )
    )
    pairing = replace(pairing, wrong_columns=wrong, creates=creates)
    return replace(database, pairing=pairing), new


def _left_aside(error: AnswerError) -> str:
    setting = "ENUM_MIGRATE_" + error.option.removeprefix("--").replace("-", "_").upper()
    return f"{setting}: {error.value!r} {error.problem}; it was left aside."


def _drops(
    database: Database,
    live: LiveSchema,
    connection: Connection,
    tree: Tree,
    settings: Settings,
) -> tuple[tuple[DropType, ...], tuple[str, ...]]:
    """Return the types that lose their last column in this revision, and those that stay."""
    tables, columns = tree.dropped_tables(), tree.dropped_columns()
    columns |= {change.place for change in database.conversions if change.old.enum}
    leaves = _leaves(tables, columns)
    candidates = {
        enum.key: enum
        for enum in database.pairing.undeclared
        if settings.includes(enum.name.schema, enum.name.name)
        and not enum.extension
        and any(map(leaves, enum.columns))
    }
    drops, notes = [], []
    for oid, held in database.looked_by.users(
        connection, list(candidates), tables, columns
    ).items():
        enum = candidates[oid]
        if held:
            verb = "uses" if len(held) == 1 else "use"
            notes.append(f"{enum.name} is kept: {some(held, 3)} still {verb} it.")
        elif not enum.may_alter:
            notes.append(f"{enum.name} is kept: it is owned by {enum.owner!r}.")
        else:
            drops.append(drop_type(enum, live))
    return tuple(drops), tuple(notes)


def _leaves(tables: set[Name], columns: set[Place]) -> Callable[[LiveColumn], bool]:
    def leaves(column: LiveColumn) -> bool:
        return column.table in tables or (column.table, column.column) in columns

    return leaves


def _out_of_order(one: Draft, live: LiveSchema, tree: Tree) -> Iterator[Refusal]:
    """Yield what goes in the same revision, but couldn't come back before its type does."""
    tables, columns = tree.dropped_tables(), tree.dropped_columns()
    leaves = _leaves(tables, columns)
    names = tables | {table for table, _ in columns}
    affected = set(one.database.looked_by.affected_defaults(one.changes, live))
    for change in one.changes:
        enum = live.by_name[change.name]
        going = [column for column in enum.columns if leaves(column)]
        why = [f"the default of {column}" for column in going if column in affected]
        if change.replaces_type or change.reverse().replaces_type:
            looked_by, facts = one.database.looked_by, one.database.facts
            why.extend(looked_by.created_again(change, facts, names))
        if going and why:
            yield Refusal(
                f"{change.name} changes, and so does what uses it: {going[0]} goes. A downgrade "
                f"could not create {', '.join(why[:3])} again as it was.",
                "Change the type in a revision of its own first:",
                ("",),
            )
