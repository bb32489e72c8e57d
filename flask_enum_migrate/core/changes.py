"""Changes of enum types, named after PostgreSQL's grammar.

A *label* is the text of a member of the enum (catalog ``pg_enum.enumlabel``); the verbs of the
grammar call it a *value* (``ADD VALUE``, ``RENAME VALUE``), and so do the changes here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .schema import Grant
from .schema import Name


@dataclass(frozen=True, slots=True)
class AddValue:
    """A label that is new.

    :param label: the label.
    :param after: the label it follows in the new order, or None where it is the first.
    """

    label: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RenameValue:
    """A label that gets another text; rows, defaults and stored expressions follow."""

    label: str
    new_label: str


@dataclass(frozen=True, slots=True)
class DropValue:
    """A label that goes.

    :param label: the label.
    :param mapped: whether rows that hold it have somewhere to go.
    :param becomes: the label those rows get, or None for NULL.
    """

    label: str
    mapped: bool = False
    becomes: str | None = None


@dataclass(frozen=True, slots=True)
class RetireValue:
    """A label that stays in the type, while a CHECK of every column keeps it out of the rows.

    :param label: the label.
    :param mapped: whether rows that hold it have somewhere to go.
    :param becomes: the label those rows get, or None for NULL.
    :param columns: the columns that lack the CHECK where others have it, else none.
    """

    label: str
    mapped: bool = False
    becomes: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BringBackValue:
    """A retired label that rows may hold again."""

    label: str


@dataclass(frozen=True, slots=True)
class ReorderValues:
    """The labels that stay come in another order."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameType:
    """The type gets another name in its schema."""

    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class SetSchema:
    """The type moves to another schema."""

    schema: str
    new_schema: str


@dataclass(frozen=True, slots=True)
class WidenColumn:
    """The string that keeps an enum takes more characters."""

    width: int
    new_width: int


Change = (
    AddValue
    | RenameValue
    | DropValue
    | RetireValue
    | BringBackValue
    | ReorderValues
    | RenameType
    | SetSchema
    | WidenColumn
)


@dataclass(frozen=True, slots=True)
class CreateType:
    """A type that existing columns are converted to is new.

    :param name: its name, schema-qualified.
    :param labels: its labels, in order.
    :param left_over: whether one of this name may be there already, unused.
    """

    name: Name
    labels: tuple[str, ...]
    left_over: bool = False


@dataclass(frozen=True, slots=True)
class DropType:
    """A type that nothing uses goes.

    :param name: its name, schema-qualified.
    :param labels: its labels, for the way back.
    :param comment: its comment, for the way back.
    :param owner: its owner.
    :param is_ours: whether the owner is the role that creates it again.
    :param privileges: its privileges where they aren't the default.
    """

    name: Name
    labels: tuple[str, ...]
    comment: str | None = None
    owner: str = ""
    is_ours: bool = True
    privileges: tuple[Grant, ...] | None = None
