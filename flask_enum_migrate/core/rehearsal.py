"""What came of a rehearsal: a revision's statements, run on the database at hand and taken back."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass

from .schema import Name


@dataclass(frozen=True, slots=True)
class Failure:
    """A statement that the server refused.

    :param direction: ``"upgrade"`` or ``"downgrade"``.
    :param statement: the statement, or the one inside of a block that failed.
    :param sqlstate: the server's code, ``""`` where it gave none.
    :param message: what the server said.
    :param detail: what else it said, or ``""``.
    :param hint: its advice, or ``""``.
    :param object: what it was about, as far as the server named it, or ``""``.
    :param alembics: whether it was no statement of ours, but an operation of Alembic.
    """

    direction: str
    statement: str
    sqlstate: str = ""
    message: str = ""
    detail: str = ""
    hint: str = ""
    object: str = ""
    alembics: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody else does in a revision, on the connection of the rehearsal.

    :param source: how the revision has it.
    :param perform: does it, or raises :class:`CantPerform`.
    """

    source: str
    perform: Callable[[], None]


class CantPerform(Exception):
    """Something can only be done where the revision runs; it says why."""


Act = str | Operation
"""A statement of ours, or what somebody else does."""


@dataclass(frozen=True, slots=True)
class Functions:
    """Both functions of a revision, whoever wrote what of them.

    :param upgrade: what ``upgrade()`` does, in order.
    :param downgrade: what ``downgrade()`` does, or None where it refuses.
    :param types: the enums that must be after the downgrade as they were before.
    :param tables: the tables that it works on, whose rows may be read or rewritten.
    :param stand_in: what comes to the same as the upgrade without committing, where there is such.
    """

    upgrade: Sequence[Act]
    downgrade: Sequence[Act] | None
    types: Collection[Name]
    tables: Collection[Name]
    stand_in: Sequence[Act] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """Something that reads otherwise than it must.

    :param direction: after which function: ``"upgrade"`` or ``"downgrade"``.
    :param what: the object, and what of it.
    :param expected: what it must be, None where there must be nothing.
    :param found: what it is, None where there is nothing.
    """

    direction: str
    what: str
    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How far a rehearsal got. Whatever it did was rolled back.

    :param upgrade: whether the whole upgrade ran, and everything was as it must be.
    :param downgrade: the same for the downgrade.
    :param seconds: how long it took.
    :param size: bytes of what is rewritten, indexed and refreshed.
    :param left_out: why something was not run, in words, or ``""``.
    :param too_large: whether that is because of its size.
    :param failure: the statement that failed.
    :param contrasts: what reads otherwise than it must.
    """

    upgrade: bool = False
    downgrade: bool = False
    seconds: float = 0.0
    size: int = 0
    left_out: str = ""
    too_large: bool = False
    failure: Failure | None = None
    contrasts: tuple[Contrast, ...] = ()


Look = Callable[[], Sequence[Contrast]]
"""Compares the models with the database as it is in the midst of a rehearsal."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a rehearsal is.

    :param direction: ``"upgrade"`` or ``"downgrade"``.
    :param number: which statement runs, from 1.
    :param total: how many there are.
    :param place: which database that is, from 1.
    :param places: how many there are.
    """

    direction: str
    number: int
    total: int
    place: int = 1
    places: int = 1


Tell = Callable[[Stage], None]


def tell_nobody(stage: Stage) -> None:
    """Keep to itself how far a rehearsal is."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms something is rehearsed.

    :param look: compares the models with the database after the upgrade.
    :param limit: how many bytes may be rewritten, indexed and refreshed for it, or None for any.
    :param tell: is told how far it is.
    """

    look: Look
    limit: int | None = None
    tell: Tell = tell_nobody
