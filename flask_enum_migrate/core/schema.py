"""The two sides that are compared: enums as models declare them, and as a database holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """The name of a type or table.

    :param schema: its schema, or ``""`` where the search path decides.
    :param name: the name in its schema.
    """

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


Place = tuple[Name, str]
"""A column: its table, schema-qualified, and its name."""


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column of a model that uses an enum.

    :param table: its table, with the schema the MetaData gives.
    :param column: its name in the database.
    :param array: whether it holds an array of the enum.
    """

    table: Name
    column: str
    array: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class DeclaredString:
    """A column that a model declares as a string.

    :param column: the column.
    :param type: its type, as SQL: ``VARCHAR(20)``.
    """

    column: DeclaredColumn
    type: str


@dataclass(frozen=True, slots=True)
class EnumClass:
    """The Python class a declaration was made from.

    :param path: dotted path, like ``app.models.EventType``.
    :param members: name and value (as text) of each member, in order.
    """

    path: str
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredEnum:
    """An enum type as the models declare it, gathered over all columns that use it.

    :param name: its name; the schema is ``""`` where no model or MetaData names one.
    :param labels: the labels in order.
    :param columns: every column that uses it.
    :param classes: the Python classes it was declared from, if any.
    :param also: what else declares it, in words: a column by a domain, or the MetaData.
    :param is_string: whether it is no type, but a string: ``native_enum=False``.
    :param width: how many characters such a string takes, or None for any number.
    """

    name: Name
    labels: tuple[str, ...]
    columns: tuple[DeclaredColumn, ...]
    classes: tuple[EnumClass, ...] = ()
    also: tuple[str, ...] = ()
    is_string: bool = False
    width: int | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """All that declares it, in words."""
        return (*map(str, self.columns), *self.also)


@dataclass(frozen=True, slots=True)
class DeclaredCheck:
    """An enum that a model keeps as a string: ``native_enum=False``.

    :param enum: the enum, named by its table and column.
    :param constraint: the name of the CHECK that SQLAlchemy makes for it, or ``""``.
    """

    enum: DeclaredEnum
    constraint: str = ""

    @property
    def column(self) -> DeclaredColumn:
        """Its column."""
        return self.enum.columns[0]


class Unlooked(Enum):
    """Why nobody compares the labels of a column."""

    NAMELESS = "its db.Enum has no name"
    INLINE = "this database keeps labels in the column's type"
    CHECK = "a CHECK holds its labels"
    STRING = "it is a string in the database"
    NO_CHECK = "it is a string, and no CHECK lists its labels"
    ARRAY = "it is an array of strings"
    UNREAD = "its CHECK can't be read"


@dataclass(frozen=True, slots=True)
class UnlookedColumn:
    """A column of an enum whose labels nobody compares.

    :param column: the column.
    :param why: why not.
    :param detail: the same more exactly, where more is known.
    """

    column: DeclaredColumn
    why: Unlooked
    detail: str = ""

    @property
    def reason(self) -> str:
        """Why not, in words."""
        return self.detail or self.why.value


@dataclass(frozen=True, slots=True)
class Guard:
    """A valid CHECK that keeps a label out of a column.

    :param label: the label.
    :param constraint: the name of the CHECK.
    :param defaulted: whether the column's default names the label nevertheless.
    :param comment: what was said about the CHECK.
    """

    label: str
    constraint: str
    defaulted: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column in the database that holds values of an enum.

    :param table: its table, schema-qualified.
    :param column: its name.
    :param array: whether it is an array of them.
    :param default: its default as SQL, or None.
    :param not_null: whether it rejects NULL.
    :param inherited: whether a parent or partitioned table decides its type.
    :param holds_rows: whether its values are kept here, by a table; else a view or another server
        has them.
    :param guards: the CHECKs that keep labels out of it.
    """

    table: Name
    column: str
    array: bool = False
    default: str | None = None
    not_null: bool = False
    inherited: bool = False
    holds_rows: bool = True
    guards: tuple[Guard, ...] = ()

    def keeps_out(self, label: str) -> bool:
        """Return whether no row can hold a label in it."""
        return any(guard.label == label for guard in self.guards)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a table is.

    :param total: bytes of the table with its indexes and TOAST.
    :param rows: the planner's estimate, or -1 where the table was never analyzed.
    :param locks: how many locks a transaction holds that has rewritten it, about.
    """

    total: int
    rows: int
    locks: int = 0

    def plus(self, other: TableSize) -> TableSize:
        """Return how large both are together."""
        rows = -1 if -1 in (self.rows, other.rows) else self.rows + other.rows
        return TableSize(self.total + other.total, rows, self.locks + other.locks)


@dataclass(frozen=True, slots=True)
class Grant:
    """A privilege to use a type.

    :param grantor: the role that granted it.
    :param grantee: the role that has it, or ``""`` for ``PUBLIC``.
    :param grantable: whether it may grant it to others.
    """

    grantor: str
    grantee: str
    grantable: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What lists the labels of an enum that is a string.

    :param table: the table, schema-qualified.
    :param column: the column.
    :param name: the CHECK's name, or ``""`` where there is none.
    :param nullable: whether it says ``IS NULL OR``.
    :param restored: whether the server prints it as after a restore.
    :param comment: its ``COMMENT``, or None.
    :param varying: whether the column is a varchar.
    """

    table: Name
    column: str
    name: str = ""
    nullable: bool = False
    restored: bool = False
    comment: str | None = None
    varying: bool = False


@dataclass(frozen=True, slots=True)
class LiveEnum:
    """An enum as the database holds it: a type, or a string under a CHECK.

    :param key: what its backend knows it by.
    :param name: its name, schema-qualified.
    :param labels: the labels in order (``enumsortorder``).
    :param columns: every column that uses it, directly or through another type.
    :param owner: name of the owning role.
    :param may_alter: whether the current role may act as the owner.
    :param extension: the extension it belongs to, or ``""``.
    :param comment: its ``COMMENT``, or None.
    :param privileges: who may use it, the owner's grants first, where that is not the default;
        without any nobody may.
    :param has_dependents: whether anything at all depends on it.
    :param check: what lists its labels where it is no type; the order of labels is none then.
    :param width: how many characters such a string takes, or None for any number.
    """

    key: int
    name: Name
    labels: tuple[str, ...]
    columns: tuple[LiveColumn, ...] = ()
    owner: str = ""
    may_alter: bool = True
    extension: str = ""
    comment: str | None = None
    privileges: tuple[Grant, ...] | None = None
    has_dependents: bool = False
    check: Check | None = None
    width: int | None = None

    @property
    def guarded(self) -> frozenset[str]:
        """The labels that a CHECK keeps out of some column."""
        return frozenset(guard.label for column in self.columns for guard in column.guards)

    @property
    def retired(self) -> tuple[str, ...]:
        """The labels that no row can hold: a CHECK keeps them out of every column of a table."""
        guarded = self.guarded
        return tuple(
            label for label in self.labels if label in guarded and not self.open_columns(label)
        )

    def open_columns(self, label: str) -> tuple[LiveColumn, ...]:
        """Return the columns of tables that a label may get into, or that have it as default."""
        return tuple(
            column
            for column in self.columns
            if column.holds_rows
            and not any(g.label == label and not g.defaulted for g in column.guards)
        )


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """What the database has where a model declares an enum column.

    :param table: the table's real name, or None where there is no such table.
    :param type_key: the key of the column's type, or of its array's elements; 0 without such a
        column.
    :param type_name: the type of the column as SQL prints it.
    :param is_enum: whether that type is an enum.
    :param is_string: whether it is a string type, or a domain over one.
    :param array: whether the column is an array of it.
    :param relation_kind: ``pg_class.relkind`` of the table.
    """

    table: Name | None
    type_key: int = 0
    type_name: str = ""
    is_enum: bool = False
    is_string: bool = False
    array: bool = False
    relation_kind: str = ""


@dataclass(frozen=True, slots=True)
class FoundCheck:
    """What the database has where a model keeps an enum as a string.

    :param enum: its labels, as a CHECK lists them; those of the model where none does.
    :param declared: the labels of the model, none where it declares a type.
    :param unread: why nobody can tell them, in words, or ``""``.
    """

    enum: LiveEnum
    declared: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True)
class LiveSchema:
    """What one look at a database gave.

    :param search_path: the schemas of the search path that exist, in order.
    :param user: the current role.
    :param version: ``server_version_num``.
    :param enums: all enum types that aren't the system's, and all enums that a CHECK lists.
    :param found: for each declared column, what the database has there.
    :param checks: for each declared column that is a string there, what is known of its labels.
    :param encoding: in what it keeps text, as PostgreSQL names it.
    """

    search_path: tuple[str, ...]
    user: str
    version: int
    enums: tuple[LiveEnum, ...]
    found: dict[DeclaredColumn, FoundColumn]
    checks: Mapping[DeclaredColumn, FoundCheck] = field(default_factory=dict)
    encoding: str = "UTF8"

    @cached_property
    def by_name(self) -> dict[Name, LiveEnum]:
        """The enums by qualified name."""
        return {enum.name: enum for enum in self.enums}

    @cached_property
    def by_key(self) -> dict[int, LiveEnum]:
        """The enums by their key."""
        return {enum.key: enum for enum in self.enums}

    @property
    def default_schema(self) -> str:
        """The schema in which an unqualified name is created, or ``""``."""
        return self.search_path[0] if self.search_path else ""

    def find(self, name: Name) -> LiveEnum | None:
        """Return the enum a declared name means: by its schema, else by the search path."""
        for schema in (name.schema,) if name.schema else self.search_path:
            if enum := self.by_name.get(Name(schema, name.name)):
                return enum
        return None
