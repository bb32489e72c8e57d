"""Our part of a revision, as operations that Alembic can reverse, render and tell."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.operations.ops import MigrateOperation

from ..revision.source import IMPORT
from ..revision.source import uses_sqlalchemy


class EnumDifference(MigrateOperation):
    """One difference, as ``flask db check`` tells it.

    :param diff: what ``to_diff_tuple()`` returns: a verb, the type's name and details.
    """

    def __init__(self, *diff: Any) -> None:
        self.diff = diff

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the difference as Alembic lists it."""
        return self.diff

    def reverse(self) -> EnumDifference:
        """Return the difference itself: it renders nothing in either direction."""
        return self


class EnumOperations(MigrateOperation):
    """Statements about enums at one end of a revision's functions.

    :param source: the Python source for the function it stands in, or ``""``.
    :param undo: the source for the other function.
    :param differences: what of the difference between models and database it covers.
    :param then: operations of Alembic that have to come after it in both functions.
    :param statements: the SQL that the source runs.
    :param undoing: the SQL that the source for the other function runs.
    :param stand_in: what comes to the same as the SQL without committing, where there is such.
    """

    def __init__(
        self,
        source: str,
        undo: str = "",
        differences: Iterable[EnumDifference] = (),
        then: Sequence[MigrateOperation] = (),
        statements: Sequence[str] = (),
        undoing: Sequence[str] = (),
        stand_in: Sequence[str] = (),
    ) -> None:
        self.source = source
        self.undo = undo
        self.differences = list(differences)
        self.then = list(then)
        self.statements = statements
        self.undoing = undoing
        self.stand_in = stand_in

    @property
    def ops(self) -> list[MigrateOperation]:
        """What it is made of, as of any container of operations."""
        return [*self.differences, *self.then]

    def reverse(self) -> EnumOperations:
        """Return the operation for the other function."""
        then = [operation.reverse() for operation in reversed(self.then)]
        return EnumOperations(
            self.undo, self.source, self.differences, then, self.undoing, self.statements
        )


@renderers.dispatch_for(EnumDifference)
def _render_nothing(context: AutogenContext, operation: EnumDifference) -> list[str]:
    return []


@renderers.dispatch_for(EnumOperations)
def _render(context: AutogenContext, operation: EnumOperations) -> list[str]:
    lines = [operation.source] if operation.source else []
    if context.opts.get("sqlalchemy_module_prefix") != "sa." and uses_sqlalchemy(operation.source):
        context.imports.add(IMPORT)
    for following in operation.then:
        lines.extend(render_op(context, following))
    return lines
