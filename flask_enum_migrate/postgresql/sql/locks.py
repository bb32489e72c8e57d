"""The locks of a block: tried for a moment at a time, and whoever is in the way is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.schema import Name
from .quoting import literal
from .quoting import qualified
from .quoting import regclass


@dataclass(frozen=True, slots=True)
class Lock:
    """The tables that a revision locks before it does anything to them.

    :param tables: the tables, in the order in which they are locked.
    :param families: whether some of them have children or partitions, which are locked along.
    :param timeout: how long they are waited for, as PostgreSQL reads it, or None to leave that to
        ``lock_timeout``.
    """

    tables: tuple[Name, ...] = ()
    families: bool = False
    timeout: str | None = "10s"

    @property
    def tries(self) -> bool:
        """Whether it waits for a moment at a time, and tries again."""
        return bool(self.tables) and self.timeout is not None


@dataclass(frozen=True)
class Before:
    """The settings that env.py had, in the block's variable ``own``.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set.
    """

    names: tuple[str, ...]

    @property
    def declared(self) -> list[str]:
        """The declaration of the variable."""
        values = [f"current_setting({literal(name)})" for name in self.names]
        if len(values) < 2:
            return [f"own text := {value};" for value in values]
        return [f"own text[] := ARRAY[{', '.join(values)}];"]

    @property
    def back(self) -> list[str]:
        """The statement that gives them back."""
        given = [f"set_config({literal(name)}, {self.of(name)}, true)" for name in self.names]
        return [f"PERFORM {', '.join(given)};"] if given else []

    def of(self, name: str) -> str:
        """Return the value that a setting had, as SQL."""
        return "own" if len(self.names) == 1 else f"own[{self.names.index(name) + 1}]"


_GIVEN_BACK = "PERFORM set_config('lock_timeout', wait, true);"
MOMENT = "200ms"
"""For how long a try waits: who comes behind us waits no longer for what we don't get."""


def settings(lock: Lock) -> dict[str, str]:
    """Return the setting under which tables are locked, with its value as SQL, or nothing."""
    return {"lock_timeout": literal(MOMENT)} if lock.tries else {}


def declared(lock: Lock, before: Before) -> list[str]:
    """Return the declarations of for how long locks are waited for, and since when.

    It is the shorter of our time and env.py's, where 0 is for ever.
    """
    if not lock.tries:
        return []
    wait = own = before.of("lock_timeout")
    if _is_bounded(lock):
        # Without a unit it is milliseconds to PostgreSQL's settings, and seconds to its intervals.
        given = str(lock.timeout)
        time = literal(given if given[-1:].isalpha() else f"{given}ms")
        wait = f"CASE WHEN {own}::interval BETWEEN '1ms' AND {time} THEN {own} ELSE {time} END"
    return ["began timestamptz := clock_timestamp();", f"wait text := {wait};"]


def _is_bounded(lock: Lock) -> bool:
    """Return whether we don't wait for ever, as with 0, unless env.py says so."""
    return any(digit in str(lock.timeout) for digit in "123456789")


def lines(lock: Lock) -> list[str]:
    """Return the lines that lock tables, a moment at a time, or fail and say who is in the way.

    What could be locked before the moment was over is released before the next try, so that nobody
    waits behind us for longer. What else is locked later, such as a materialized view that somebody
    reads, has no other tries, and is waited for.
    """
    if not lock.tables:
        return []
    statement = f"LOCK TABLE {', '.join(map(qualified, lock.tables))} IN ACCESS EXCLUSIVE MODE;"
    if not lock.tries:
        return [statement]
    forever = "" if _is_bounded(lock) else "wait = '0' OR "
    return [
        f"LOOP BEGIN {statement} {_GIVEN_BACK} EXIT;",
        f"EXCEPTION WHEN lock_not_available THEN IF {forever}clock_timestamp() < began + "
        "wait::interval THEN PERFORM pg_catalog.pg_sleep(0.3); CONTINUE; END IF;",
        f"    {_holders(lock)}",
        f"    RAISE lock_not_available USING MESSAGE = {literal(_shown(lock.tables))} || "
        "coalesce(found, 'what pg_prepared_xacts tells'); END; END LOOP;",
    ]


def _shown(tables: Sequence[Name]) -> str:
    names = ", ".join(map(str, tables))
    return f"No lock on {names} in time, so no table was changed. In the way is "


_TOLD = (
    "pg_catalog.concat_ws(' ', 'pid', pid, usename, application_name, state, state_change, left(query, 99), "
    "'(to end it: SELECT pg_terminate_backend(' || pid::text || '))')"
)
_PREPARED = "'prepared transaction ' || gid || ' (to end it: ROLLBACK PREPARED ' || quote_literal(gid) || ')'"


def _holders(lock: Lock) -> str:
    """Return the statement that finds who holds locks on tables."""
    relations = ", ".join(f"{regclass(table)}::regclass::oid" for table in lock.tables)
    if not lock.families:
        return (
            f"SELECT string_agg(DISTINCT {_TOLD}, '; ') INTO found FROM pg_locks JOIN "
            "pg_stat_activity USING (pid) WHERE granted AND pid <> pg_backend_pid() AND datname = "
            f"current_database() AND relation IN ({relations});"
        )
    return (
        f"WITH RECURSIVE wanted (relation) AS (SELECT pg_catalog.unnest(ARRAY[{relations}]) UNION "
        "SELECT inhrelid FROM pg_inherits JOIN wanted ON inhparent = relation) "
        f"SELECT string_agg(coalesce({_PREPARED}, {_TOLD}), '; ') INTO found FROM (SELECT DISTINCT "
        "pid, virtualtransaction FROM pg_locks JOIN wanted USING (relation) WHERE granted AND pid IS "
        "DISTINCT FROM pg_backend_pid()) l LEFT JOIN pg_stat_activity USING (pid) LEFT JOIN (SELECT "
        "virtualtransaction, gid FROM pg_prepared_xacts p JOIN pg_locks x ON p.transaction::text = "
        "x.transactionid::text) p USING (virtualtransaction);"
    )
