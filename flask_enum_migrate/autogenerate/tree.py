"""What Alembic found about tables and columns: looked through, and taken over where it is ours."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column
from sqlalchemy.types import TypeEngine

from ..core.schema import Name
from ..core.schema import Place


@dataclass(frozen=True)
class Tree:
    """Alembic's operations for one bind.

    :param operations: the container of all of them; it is changed in place.
    :param search_path: the schemas of tables for which Alembic names none.
    :param known: tables that exist.
    """

    operations: ops.OpContainer
    search_path: Sequence[str]
    known: Collection[Name] = ()

    def created(self) -> set[tuple[str, str]]:
        """Return the names of table and column for all columns that come."""
        return {
            (operation.table_name, column.name)
            for operation in _each(self.operations)
            if isinstance(operation, ops.CreateTableOp | ops.AddColumnOp)
            for column in _columns(operation)
        }

    def types_of_tables(self) -> tuple[list[TypeEngine[Any]], list[TypeEngine[Any]]]:
        """Return the types of all columns of tables that come, and of tables that go."""
        come, go = [], []
        for operation in _each(self.operations):
            if isinstance(operation, ops.CreateTableOp):
                come += [column.type for column in _columns(operation)]
            elif isinstance(operation, ops.DropTableOp):
                go += [column.type for column in operation.to_table().columns]
        return come, go

    def dropped_tables(self) -> set[Name]:
        """Return the tables that go."""
        return {
            self._table(operation.table_name, operation.schema)
            for operation in _each(self.operations)
            if isinstance(operation, ops.DropTableOp)
        }

    def dropped_columns(self) -> set[Place]:
        """Return the columns that go from tables that stay."""
        return {
            (self._table(operation.table_name, operation.schema), operation.column_name)
            for operation in _each(self.operations)
            if isinstance(operation, ops.DropColumnOp)
        }

    def worked_on(self) -> set[Name]:
        """Return the tables that exist and may be read or rewritten."""
        gone = self.dropped_tables()
        names = {
            self._table(str(name), getattr(operation, "schema", None))
            for operation in _each(self.operations)
            if (name := getattr(operation, "table_name", None))
            and not isinstance(operation, ops.CreateTableOp)
        }
        return names - gone

    def other_types(self) -> dict[Place, ops.AlterColumnOp]:
        """Return the columns that Alembic would give another type."""
        return {
            (self._table(operation.table_name, operation.schema), operation.column_name): operation
            for operation in _each(self.operations)
            if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None
        }

    def leave_types(self, places: Collection[Place]) -> None:
        """Take back the changes of type of some columns, which are ours."""

        def leave(operation: ops.AlterColumnOp) -> None:
            operation.modify_type = None

        self._alter(places, lambda op: op.modify_type is not None, leave)

    def take_defaults(self, places: Collection[Place]) -> list[ops.MigrateOperation]:
        """Take out the changes of default of some columns, for them to come after ours."""
        taken: list[ops.MigrateOperation] = []

        def take(operation: ops.AlterColumnOp) -> None:
            own = ops.AlterColumnOp(
                operation.table_name,
                operation.column_name,
                schema=operation.schema,
                existing_type=operation.existing_type,
                existing_nullable=operation.existing_nullable,
                existing_server_default=operation.existing_server_default,
                modify_server_default=operation.modify_server_default,
            )
            taken.append(ops.ModifyTableOps(operation.table_name, [own], schema=operation.schema))
            operation.modify_server_default = False

        self._alter(places, lambda op: op.modify_server_default is not False, take)
        return taken

    def _alter(
        self,
        places: Collection[Place],
        concerns: Callable[[ops.AlterColumnOp], bool],
        change: Callable[[ops.AlterColumnOp], None],
    ) -> None:
        """Change operations, and remove those that do nothing any more."""
        for container in list(self.operations.ops):
            if not isinstance(container, ops.ModifyTableOps):
                continue
            for operation in list(container.ops):
                if not isinstance(operation, ops.AlterColumnOp):
                    continue
                place = (self._table(operation.table_name, operation.schema), operation.column_name)
                if place not in places or not concerns(operation):
                    continue
                change(operation)
                if not operation.has_changes():
                    container.ops.remove(operation)
            if not container.ops:
                self.operations.ops.remove(container)

    def _table(self, name: str, schema: str | None) -> Name:
        if schema:
            return Name(schema, name)
        visible = [Name(schema, name) for schema in self.search_path]
        return next((one for one in visible if one in self.known), (*visible, Name("", name))[0])


def _each(container: ops.OpContainer) -> Iterator[ops.MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, ops.OpContainer):
            yield from _each(operation)
        else:
            yield operation


def _columns(operation: ops.CreateTableOp | ops.AddColumnOp) -> Iterator[Column[Any]]:
    if isinstance(operation, ops.AddColumnOp):
        yield operation.column
    else:
        yield from (item for item in operation.columns if isinstance(item, Column))
