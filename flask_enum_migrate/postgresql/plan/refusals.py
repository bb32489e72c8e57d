"""Why a change can't be made: told before anything is written."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from ...core.alter_enum import AlterEnum
from ...core.changes import CreateType
from ...core.errors import Question
from ...core.errors import Refusal
from ...core.errors import typed
from ...core.pairing import Pairing
from ...core.schema import Name
from ..objects import order
from ..objects.base import Dependent
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.default import Default
from ..objects.generated_column import NAMED_NOT_NULL
from ..objects.generated_column import GeneratedColumn
from ..objects.made_types import Domain
from ..objects.made_types import MadeType
from ..objects.routine import Aggregate
from ..objects.view import View
from ..sql import ddl
from ..sql import quoting
from ..sql.expressions import TypeChange
from ..sql.expressions import constants
from ..sql.expressions import follow
from ..sql.expressions import parts
from ..sql.expressions import portable
from ..sql.membership import Gone
from ..sql.membership import without
from . import several_parents
from .facts import Facts
from .labels import unlisted


def blocked(
    change: AlterEnum,
    enum: EnumType,
    facts: Facts,
    *,
    today: bool = True,
    retirable: Sequence[str] = (),
) -> Iterator[Refusal]:
    """Yield why a change can't be made.

    :param enum: the type as it is now.
    :param today: whether the change starts from the database as it is now.
    :param retirable: the labels that can be retired, so that nothing has to be created again.
    """
    for label in change.new_labels:
        yield from label_blocked(change.new_name, label, facts)
    if enum.extension:
        yield Refusal(
            f"{enum.name} belongs to the extension {enum.extension!r}.",
            "Leave its labels to that extension.",
        )
    if not enum.may_alter:
        yield Refusal(
            f"{enum.name} is owned by {enum.owner!r}, and {role(facts)} isn't a member of that.",
            f"Connect as {enum.owner!r}.",
        )
    yield from _schema_blocked(change, enum, facts)
    if not change.replaces_type:
        return
    why = f"{enum.name} has to be replaced, and can't be:"
    if enum.strangers:
        by = listed(enum.strangers)
        yield Refusal(
            f"{why} privileges on it were granted by {by}, for whom {role(facts)} may not act.",
            "Connect as a member of that role, or as a superuser.",
        )
    yield from _columns_blocked(change, enum, facts, why)
    yield from dependents_blocked(change, enum, facts, why, today=today, retirable=retirable)
    if today:
        yield from collides(change, enum, facts)


def _columns_blocked(
    change: AlterEnum, enum: EnumType, facts: Facts, why: str
) -> Iterator[Refusal]:
    """Yield the columns that can't get another type.

    :param why: what can't be done for that reason, as the sentence begins.
    """
    for column in enum.columns:
        if column.partition_key:
            yield Refusal(
                f"{why} {column.table} is partitioned by {column.column!r}.",
                "PostgreSQL can't change the type of a partition key: keep the label in the model, "
                "rename it, or build the table anew in a migration of your own first.",
            )
        if column.through and (column.has_foreign_children or several_parents.needs_kin(column)):
            yield Refusal(
                f"{why} {column}, of type {column.through}, has foreign tables among its children "
                "or several parents.",
                "Take the table off all parents but one, and the foreign tables off it, first.",
            )
        if problem := _family_problem(column, facts):
            yield Refusal(
                f"{why} {column.table} has several parents, and {problem}.",
                "Take the table off all parents but one first.",
            )
        if not column.may_alter:
            yield Refusal(
                f"{why} {role(facts)} doesn't own {column.table}.", "Connect as its owner."
            )


def _family_problem(column: Column, facts: Facts) -> str:
    """Return why a table can't leave its parents for a while, or get one in common."""
    if column.generated and several_parents.needs_kin(column):
        return f"its column {column.column!r} is generated"
    if len(column.parents) < 2:
        return ""
    table = facts.shown(column.table)
    for one in facts.dependents:
        if (
            isinstance(one, GeneratedColumn)
            and one.table == table
            and (one.not_null and one.about.version >= NAMED_NOT_NULL)
        ):
            return f"its generated column {one.name!r} is NOT NULL"
    return ""


def collides(change: AlterEnum, enum: EnumType, facts: Facts) -> Iterator[Refusal]:
    """Yield the merges of labels that a unique index would reject."""
    becomes = {label: change.renamed(label) for label in change.kept} | dict(change.mapping)
    for one in facts.collisions:
        target = becomes.get(one.label)
        merged = [label for label in one.others if becomes.get(label) == target]
        if target is not None and merged and one.column in enum.columns:
            columns = ", ".join(one.columns)
            yield Refusal(
                f"{one.column.table} has rows with {one.label!r} and with {listed(merged)} that are"
                f" the same in ({columns}) once both are {target!r}:"
                f" {one.index.name} rejects that.",
                "Change or delete some of them in a migration of their own first, or map the label "
                "to another one.",
            )


def dependents_blocked(
    change: AlterEnum,
    enum: EnumType,
    facts: Facts,
    why: str,
    *,
    today: bool = True,
    retirable: Sequence[str] = (),
) -> Iterator[Refusal]:
    """Yield what hangs on a type and can't be created again.

    :param why: what can't be done for that reason, as the sentence begins.
    :param today: whether the change starts from the database as it is now.
    :param retirable: the labels that can be retired, so that nothing has to be created again.
    """
    called = facts.called(change.name)
    flags = tuple(typed("--retire", f"{called}.{label}") for label in retirable)
    questions = tuple(
        Question(f"{called}.{label}", (), about=repr(label), retire=True) for label in retirable
    )
    made_of = _made_of(enum, facts)
    for dependent in facts.dependents:
        if enum.key not in dependent.roots:
            continue
        about, action = dependent.about, f"{_DROP}."
        if problem := dependent.problem:
            if about.owner and not about.may_alter:
                action = f"Connect as {about.owner!r}, which owns it, or as a member of that role."
        elif today and (problem := _names_removed(dependent, change, facts, made_of)):
            action = _way_out(dependent, change, facts)
        if problem:
            yield Refusal(
                f"{why} {dependent} hangs on it, and {problem}.",
                action + (f" Or keep {listed(retirable)} in the type:" if retirable else ""),
                flags,
                questions,
            )


_DROP = "Drop it in a migration of its own before this one, and create it again after it"


def _way_out(dependent: Dependent, change: AlterEnum, facts: Facts) -> str:
    """Return what to do about an object that names a label which goes."""
    name = facts.shown(change.name)
    if isinstance(dependent, GeneratedColumn) and dependent.keeps_its_place:
        labels = {one.label: one.becomes or "LABEL" for one in change.removed}
        definition = follow(dependent.definition, {name: TypeChange(name, labels)}).sql
        action = ddl.set_expression(dependent.name, portable(definition or "NULL"))
        what = "Give it another expression in a migration of its own first"
        return f"{what}: {ddl.alter_table(dependent.table, [action])};"
    if isinstance(dependent, Domain):
        drops = list(dependent.drop_naming(lambda sql: bool(_lost(sql, change, facts))))
    else:
        drops = list(order.drop(order.along_with([dependent], facts.dependents)))
    return f"{_DROP}: {'; '.join(drops)};" if drops else f"{_DROP}."


def create_blocked(create: CreateType, facts: Facts) -> Iterator[Refusal]:
    """Yield why a new type can't be created."""
    for label in create.labels:
        yield from label_blocked(create.name, label, facts)
    schema = create.name.schema
    if not (facts.may_create or {}).get(schema, True):
        grantee = quoting.identifier(facts.role) if facts.role else "the role that migrates"
        yield Refusal(
            f"{create.name} is new, and {role(facts)} may not create types in the schema "
            f"{schema!r}.",
            f"Its owner can allow it: {ddl.grant_create(schema, grantee)}",
        )
    yield from _taken(create.name, f"{create.name} is new", facts)


def _taken(name: Name, why: str, facts: Facts) -> Iterator[Refusal]:
    """Yield what has the name that a type is to get."""
    if name in facts.taken and name not in facts.enums:
        yield Refusal(
            f"{why}, and that name is taken by the {facts.taken[name]}: tables and types share "
            "their names.",
            "Give the enum another name: db.Enum(..., name='...').",
        )


def role(facts: Facts) -> str:
    """Return the current role in words."""
    return f"the role {facts.role!r}" if facts.role else "the current role"


def _schema_blocked(change: AlterEnum, enum: EnumType, facts: Facts) -> Iterator[Refusal]:
    """Yield why the type can't be created in its schema, or moved to it."""
    schema, moves = change.new_name.schema, change.new_name.schema != change.name.schema
    if change.new_name != change.name:
        yield from _taken(change.new_name, f"{change.name} becomes {change.new_name}", facts)
    if not change.replaces_type and not moves:
        return
    known = {change.name.schema: enum.may_create} if facts.may_create is None else facts.may_create
    if moves and facts.may_create is not None and schema not in known:
        yield Refusal(
            f"{change.name} would move to the schema {schema!r}, which doesn't exist.",
            f"First create it, in a migration of its own: {ddl.create_schema(schema)}",
        )
    elif not known.get(schema, True):
        verb = "move" if moves else "be replaced"
        grantee = quoting.identifier(facts.role) if facts.role else "the role that migrates"
        yield Refusal(
            f"{change.name} has to {verb}, and {role(facts)} may not create types in the schema "
            f"{schema!r}.",
            f"Its owner can allow it: {ddl.grant_create(schema, grantee)}",
        )


def _names_removed(
    dependent: Dependent, change: AlterEnum, facts: Facts, made_of: Collection[Name]
) -> str:
    """Return where an object names a label that it will look for in vain, or ``""``.

    :param made_of: the types whose constants hold labels, which don't follow a rename, either.
    """
    removed = {drop.label for drop in change.removed}
    for sql in dependent.expressions():
        for value in constants(sql, made_of):
            if inside := {*removed, *change.renames}.intersection(parts(value)):
                return f"it names {listed(sorted(inside))} inside of {value!r}"
        own = isinstance(dependent, Default) and dependent.is_own
        if not own and (lost := _lost(sql, change, facts)):
            return f"it names {listed(lost)}"
    # To PostgreSQL it is text: a rename in place, as the way back may be one, doesn't change it.
    initial = dependent.initial_values if isinstance(dependent, Aggregate) else set()
    if named_so := initial & {*removed, *change.renames}:
        return f"its INITCOND is {listed(sorted(named_so))}, which PostgreSQL doesn't rename"
    return ""


def _lost(sql: str, change: AlterEnum, facts: Facts) -> tuple[str, ...]:
    """Return the labels that an expression still names once its lists have lost them."""
    name, removed = facts.shown(change.name), [drop.label for drop in change.removed]
    gone: Gone = {} if facts.keep_expressions else {name: unlisted(change)}
    # What is said to be of another enum is no label of this one.
    following = {facts.shown(one): TypeChange(one, removed=()) for one in facts.enums}
    following[name] = TypeChange(change.new_name, change.renames)
    return follow(without(sql, gone), following, removed).lost


def _made_of(enum: EnumType, facts: Facts) -> set[Name]:
    """Return the types whose constants hold labels of the enum, as definitions name them."""
    names = {facts.shown(column.table) for column in enum.columns}
    for dependent in facts.dependents:
        if enum.key not in dependent.roots:
            continue
        if isinstance(dependent, MadeType):
            names.update(dependent.names())
        elif isinstance(dependent, View):
            names.add(dependent.own_name)
    return names


def label_blocked(name: Name, label: str, facts: Facts) -> Iterator[Refusal]:
    """Yield why PostgreSQL can't hold a label that the database's encoding has."""
    would = f"{name} would get the label {label!r}:"
    size = len(quoting.encoded(label, facts.encoding))
    if "\x00" in label:
        yield Refusal(f"{would} PostgreSQL's text can't hold a NUL.", "Give it another name.")
    elif size > quoting.MAX_BYTES:
        yield Refusal(f"{would} it has {size} bytes, and 63 is the most.", "Shorten it.")


def encoding_blocked(pairing: Pairing, encoding: str) -> Iterator[Refusal]:
    """Yield which new labels the database's encoding has no characters for.

    No query can ask for them, either: the driver can't send them.
    """
    wanted = [(pair.new_name, label) for pair in pairing.pairs for label in pair.declared.labels]
    wanted += [(new.name, label) for new in pairing.creates for label in new.labels]
    wanted += [(new.name, label) for new in pairing.new for label in new.labels]
    wanted += [
        (change.table, label) for change in pairing.conversions for label in change.new.labels
    ]
    for name, label in dict.fromkeys(wanted):
        would = f"{name} would get the label {label!r}:"
        try:
            label.encode()
            quoting.encoded(label, encoding)
        except UnicodeEncodeError as error:
            lacking = label[error.start : error.end]
            why = f"the encoding of this database, {encoding}, has no {lacking!r}."
            if error.reason == "surrogates not allowed":
                why = "it isn't valid Unicode."
            yield Refusal(f"{would} {why}", "Give it another name.")


def listed(labels: Iterable[str]) -> str:
    """Return labels quoted, with commas between."""
    return ", ".join(repr(label) for label in labels)
