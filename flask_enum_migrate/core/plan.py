"""What is to be run: statements in order, one direction up and one down."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Refusal
from .schema import Name


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that belong together.

    :param comment: one line that says what for, or ``""``.
    :param statements: SQL, in order.
    """

    comment: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Retirement:
    """What keeps retired labels out of one table: rows first, then a CHECK for each column.

    Every statement of it is committed for itself, and may run again after a failure.

    :param table: the table, as the revision writes it.
    :param columns: its columns that hold the labels.
    :param relation: the table as SQL, its name quoted as PostgreSQL prints it.
    :param brief: statements before any rows are changed; they lock the table for a moment.
    :param change: what rows get, as in ``UPDATE … SET``, or ``""`` where they have nowhere to go.
    :param where: which rows get it, as SQL.
    :param constraints: name and expression of each CHECK, as SQL.
    :param after: statements behind all else.
    :param at_once: the same as statements for one transaction, as a rehearsal runs them.
    """

    table: Name
    columns: tuple[str, ...]
    relation: str = ""
    brief: tuple[str, ...] = ()
    change: str = ""
    where: str = ""
    constraints: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()
    at_once: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """How gently retirements go about tables that are in use.

    :param lock_timeout: for how long a lock is tried for, as PostgreSQL reads it, or None to leave
        that to ``lock_timeout``.
    :param pause: the rest between two batches of rows, in seconds.
    """

    lock_timeout: str | None = "10s"
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Direction:
    """One function of the revision.

    :param committing: statements that have to be committed before the rest runs.
    :param steps: the rest, in the order of execution.
    :param rewritten: the tables that are rewritten.
    :param rebuilt: what is dropped and created again, in words.
    :param relisted: what of that lists other labels then, or shows what does, in words.
    :param remarks: what else happens that isn't obvious, in words.
    :param hazards: what running sessions will notice, in words.
    :param untouched: the routines of others that running sessions may go on to fail in.
    :param refusals: why this direction can't be done; nothing else is set then.
    :param refusing: statements that refuse before anything is committed, where labels are retired.
    :param retirements: what keeps labels out of tables, between what is committed and the steps.
    :param pace: how they go about it.
    :param lifts: whether all that its steps do is to drop CHECKs that keep labels out, at once.
    :param guards: the names of the CHECKs that keep labels out and that it adds or drops.
    :param checks: what changes CHECKs; it comes first, each statement may run twice.
    :param validating: what looks at all rows afterwards, each in a transaction of its own.
    :param scanned: the tables whose rows are looked at, or updated.
    """

    committing: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    rewritten: tuple[Name, ...] = ()
    rebuilt: tuple[str, ...] = ()
    relisted: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    refusing: tuple[str, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    pace: Pace = Pace()
    lifts: bool = False
    guards: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()
    validating: tuple[str, ...] = ()
    scanned: tuple[Name, ...] = ()

    @property
    def is_repeatable(self) -> bool:
        """Whether it needs no transaction: each statement is done whole, and may run again."""
        return not self.steps or self.lifts

    @property
    def statements(self) -> tuple[str, ...]:
        """All statements in the order of execution, retirements as one transaction has them."""
        retiring = tuple(sql for one in self.retirements for sql in one.at_once)
        steps = tuple(sql for step in self.steps for sql in step.statements)
        first = self.refusing + self.checks + self.validating
        return first + self.committing + retiring + steps


@dataclass(frozen=True, slots=True)
class Plan:
    """Both functions of the revision.

    :param upgrade: one function.
    :param downgrade: the other.
    :param stand_in: what leaves a database as the upgrade and the committing statements of the
        downgrade do, but in one transaction; none where there is no such thing.
    """

    upgrade: Direction
    downgrade: Direction
    stand_in: tuple[str, ...] = ()
