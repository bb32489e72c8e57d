"""What all objects that hang on an enum type have in common.

A module of this folder is all there is to know of one kind of object: a dataclass of what the
catalogs say (``read`` makes it of a row of the kind's ``.sql`` file), why it can't be created
again, how it is dropped and how it comes back. :mod:`.kinds` lists them.
"""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import ClassVar

from ...core.schema import Name

Key = tuple[str, int]
"""A catalog and an OID."""

Follow = Callable[[str], str]
"""Rewrites the labels in a deparsed expression."""


@dataclass(frozen=True, slots=True)
class Need:
    """That an object needs another one.

    :param key: the other one.
    :param column: the number of its column, 0 for the whole.
    :param via: ``pg_depend.deptype``, or one of the letters of ``dependents.sql``.
    """

    key: Key
    column: int
    via: str


@dataclass(frozen=True, slots=True)
class About:
    """What the catalogs say of any object.

    :param key: its catalog and OID.
    :param column: the number of the column that it is, else 0.
    :param kind: what it is, as ``pg_identify_object`` says: ``view``, ``table constraint``…
    :param identity: its name as ``pg_identify_object`` prints it, quoted and qualified.
    :param names: its address, as ``pg_identify_object_as_address`` gives it, unquoted.
    :param arguments: the second part of that.
    :param shown: its name as SQL writes it, with or without the schema.
    :param roots: ``pg_type.oid`` of the enum types that it hangs on.
    :param needs: what it needs.
    :param owner: whom the current role has to act for, to change it.
    :param may_alter: whether it may.
    :param strangers: who granted privileges on it, and is none the current role may act for.
    :param extension: the extension that it belongs to, or ``""``.
    :param depends_on: the extensions that it was made to depend on.
    :param by_superuser: whether the current role is a superuser.
    :param version: ``server_version_num``.
    """

    key: Key
    kind: str
    identity: str
    names: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    column: int = 0
    shown: str = ""
    roots: frozenset[int] = frozenset()
    needs: tuple[Need, ...] = ()
    owner: str = ""
    may_alter: bool = True
    strangers: tuple[str, ...] = ()
    extension: str = ""
    depends_on: tuple[str, ...] = ()
    by_superuser: bool = True
    version: int = 0

    @property
    def via(self) -> frozenset[str]:
        """By way of what it hangs on the types."""
        return frozenset(reference.via for reference in self.needs)


@dataclass(frozen=True, slots=True)
class Kept:
    """Something whose owner, privileges and comment are those of the database that is upgraded.

    :param what: kind and name, as ``COMMENT ON`` writes it.
    :param kind: its kind, as ``pg_get_object_address`` takes it.
    :param names: its address.
    :param arguments: the second part of that.
    :param definition: what it must be, where that is compared by itself, or ``""``.
    """

    what: str
    kind: str
    names: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    definition: str = ""


@dataclass(frozen=True)
class Dependent(ABC):
    """One object that hangs on an enum type.

    :param about: what the catalogs say of any object.
    :param references: the objects of the same set that it needs.
    :param rebuilt: whether it has to be dropped and created again; else it only loses something.
    :param refused: why it can't be, for the sake of another object, or ``""``.
    :param state: what it is, by its kind's expression in :data:`~..sql.states.STATES`.
    """

    about: About
    references: frozenset[Key] = field(default=frozenset(), kw_only=True)
    rebuilt: bool = field(default=True, kw_only=True)
    refused: str = field(default="", kw_only=True)
    state: str = field(default="", kw_only=True)

    in_schema: ClassVar[bool] = True
    """Whether the first part of its address is a schema."""
    alone: ClassVar[bool] = True
    """Whether nothing brings it along: PostgreSQL never does so."""
    runs: ClassVar[bool] = True
    """Whether PostgreSQL may compute something of rows when it creates the object."""
    on_table: ClassVar[bool] = False
    """Whether to drop it locks its table."""

    @property
    def key(self) -> Key:
        """What it is known by: its catalog and OID, in most cases."""
        return self.about.key

    @property
    def roots(self) -> frozenset[int]:
        """``pg_type.oid`` of the enum types that it hangs on."""
        return self.about.roots

    @property
    def locks_table(self) -> bool:
        """Whether to drop it locks its table, which is locked first.

        Not a view: ``LOCK TABLE`` would lock what that reads too, and asks whether the view's owner
        may (lockcmds.c, LockViewRecurse).
        """
        return self.on_table

    @property
    def called(self) -> str:
        """What it is, in words."""
        return self.about.kind

    @property
    def name(self) -> str:
        """Its name in its schema or table."""
        return self.about.names[-1]

    @property
    def own_name(self) -> Name:
        """Its name, of an object that is in a schema by itself."""
        return Name(*self.about.names[:2])

    @property
    def table(self) -> Name:
        """The table that it belongs to, as the revision writes it, if it belongs to one."""
        names = self.about.names
        return Name(*names[:2]) if len(names) > 2 else Name("", "")

    @property
    def what(self) -> str:
        """Kind and name, as SQL writes them behind ``DROP`` and ``COMMENT ON``."""
        return f"{self.about.kind.upper()} {self.about.shown}"

    @property
    def state_kind(self) -> str:
        """Its entry in :data:`~..sql.states.STATES`, or ``""`` if nothing of it is compared."""
        return ""

    @property
    def statement(self) -> tuple[object, ...]:
        """What two objects have in common that one statement can drop or create."""
        return (self.key,)

    @property
    def problem(self) -> str:
        """Why it can't be dropped and created again, or ``""``."""
        about = self.about
        if self.refused:
            return self.refused
        if about.extension:
            return f"it belongs to the extension {about.extension!r}"
        if not about.may_alter:
            return "the current role doesn't own it"
        if about.strangers:
            by = ", ".join(map(repr, about.strangers))
            return f"privileges on it were granted by {by}, for whom the current role may not act"
        return self.own_problem()

    def own_problem(self) -> str:
        """Return why one of this kind can't be created again, or ``""``."""
        return ""

    def expressions(self) -> Iterator[str]:
        """Yield the SQL that can name labels, as PostgreSQL deparsed it."""
        yield from ()

    @abstractmethod
    def drop(self) -> Sequence[str]:
        """Return the statements that drop it: none where another one's do."""

    @abstractmethod
    def create(self, follow: Follow) -> Sequence[str]:
        """Return the statements that create it, without owner, privileges and comments.

        :param follow: rewrites the labels in a deparsed expression.
        """

    def kept(self) -> Iterator[Kept]:
        """Yield itself, and what else has an owner, privileges or a comment of its own."""
        yield Kept(self.what, self.about.kind, self.about.names, self.about.arguments)

    def __str__(self) -> str:
        return f"{self.called} {self.about.identity}"


@dataclass(frozen=True)
class Defined(Dependent):
    """What PostgreSQL prints as one statement that creates it.

    :param definition: the statement.
    """

    definition: str

    head: ClassVar[str] = ""
    """What it begins with, in front of its table's or its own name: a pattern."""
