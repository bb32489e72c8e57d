"""Why labels can't be retired: told before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.alter_enum import AlterEnum
from ...core.errors import Refusal
from ..objects.column import Column
from ..objects.column import EnumType
from ..objects.made_types import Domain
from ..objects.made_types import DomainDefault
from ..sql.expressions import follow
from .facts import Facts
from .refusals import collides
from .refusals import listed
from .refusals import role

_OBSTACLES = {
    "row security": "row security hides rows of {0} from {role}",
    "rule": "the rule {0} takes the place of updates",
    "publication": "{0} publishes updates, and the table has no replica identity",
    "foreign key": "the foreign key {0} holds its rows",
}


def retirable(change: AlterEnum, enum: EnumType, facts: Facts) -> tuple[str, ...]:
    """Return the labels that go and that could all be retired instead, or none.

    :param enum: the type as it is now.
    """
    labels = tuple(d.label for d in change.removed if d.label not in change.returned)
    problems = (
        problem
        for column in enum.columns
        if not column.inherited
        for problem in _column_problems(column, facts)
    )
    return () if change.reordered or any(problems) else labels


def blocked(change: AlterEnum, enum: EnumType, facts: Facts) -> Iterator[Refusal]:
    """Yield why labels can't be retired.

    :param enum: the type as it is now.
    """
    for label in (one.label for one in change.retirements):
        problems = dict.fromkeys(
            problem
            for column in enum.columns
            if not column.inherited and not column.keeps_out(label)
            for problem in _column_problems(column, facts)
        )
        for problem in problems:
            yield Refusal(
                f"{change.name}: {label!r} can't be retired, because {problem}.",
                "Keep it in the model, or have the type replaced: leave --retire out, with "
                "ENUM_MIGRATE_RETIRE = None.",
            )
    for dependent in facts.dependents:
        if enum.key not in dependent.roots or not isinstance(dependent, Domain | DomainDefault):
            continue
        default = dependent.default if isinstance(dependent, Domain) else dependent.definition
        retired = sorted(change.retired)
        if default and (named := follow(default, {}, retired).lost):
            yield Refusal(
                f"{change.name}: {listed(named)} can't be retired, because it is in the default of "
                f"{dependent}.",
                "Change that default in a migration of your own first.",
            )
    if change.retirements:
        yield from collides(change, enum, facts)


def _column_problems(column: Column, facts: Facts) -> Iterator[str]:
    """Yield why a column can't get rid of a label where its rows are."""
    if column.relation_kind == "f" or column.has_foreign_children:
        yield f"{column.table} is a foreign table, or has one among its children"
    if not column.holds_rows:
        return
    if not column.can_be_guarded:
        yield f"{column} is of type {column.through}, which is made of it"
    if column.partition_key:
        yield f"{column.table} is partitioned by {column.column!r}"
    if not column.may_alter:
        yield f"{role(facts)} doesn't own {column.table}"
    for one in facts.obstacles:
        if (
            one.what in _OBSTACLES
            and one.table == column.table
            and (not one.columns or column.column in one.columns)
        ):
            why = _OBSTACLES[one.what].format(one.name, role=role(facts))
            yield f"{why} ({column})" if one.columns else why
