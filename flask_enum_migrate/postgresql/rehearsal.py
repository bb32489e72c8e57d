"""Run a revision's statements on the database that they were made for, read again, take it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from textwrap import shorten

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..core.backend import Differences
from ..core.plan import Direction
from ..core.plan import Plan
from ..core.rehearsal import Act
from ..core.rehearsal import Functions
from ..core.rehearsal import Rehearsal
from ..core.rehearsal import Terms
from ..core.schema import Name
from .catalog import savepoint
from .catalog import snapshot
from .catalog.snapshot import Property
from .contrast import differing
from .contrast import refreshed
from .contrast import types_concerned
from .contrast import upgraded
from .sql.using import TAKEN_AWAY

_READ_ONLY = "the connection is read-only"


def rehearse(
    connection: Connection, plan: Plan, differences: Differences, terms: Terms
) -> Rehearsal:
    """Run both directions of a plan in a savepoint, read again after each, and roll it back."""
    return _taken_back(connection, _Rehearsing(connection, plan, differences, terms).run)


def rehearse_functions(connection: Connection, functions: Functions, terms: Terms) -> Rehearsal:
    """Run all that both functions of a revision do in a savepoint, and roll it back."""

    def run() -> Rehearsal:
        if savepoint.prepare(connection):
            return Rehearsal(left_out=_READ_ONLY)
        weights = snapshot.weights(connection, (), functions.tables)
        done = Rehearsal(size=sum(one.total for one in weights))
        if terms.limit is not None and done.size > terms.limit:
            return replace(done, too_large=True)
        before = _types(connection, functions)
        try:
            with savepoint.taken_back(connection):
                return attempt(done, before, functions.upgrade)
        except savepoint.StatementFailed as error:
            stopped = _stopped(done, error)
            if error.failure.sqlstate != savepoint.UNCOMMITTED or not functions.stand_in:
                return stopped
        try:
            made = attempt(done, before, functions.stand_in)
        except savepoint.StatementFailed:
            return stopped
        return stopped if made.contrasts else made

    def attempt(
        done: Rehearsal, before: Mapping[Property, str], upgrade: Sequence[Act]
    ) -> Rehearsal:
        savepoint.run(connection, "upgrade", upgrade, terms.tell)
        contrasts = tuple(terms.look())
        done = replace(done, upgrade=not contrasts, contrasts=contrasts)
        if contrasts or functions.downgrade is None:
            return done
        try:
            savepoint.run(connection, "downgrade", functions.downgrade, terms.tell)
        except savepoint.StatementFailed as error:
            if error.failure.sqlstate == savepoint.UNCOMMITTED and upgrade is functions.upgrade:
                raise
            return _stopped(done, error)
        contrasts = tuple(differing("downgrade", before, _types(connection, functions)))
        return replace(done, downgrade=not contrasts, contrasts=contrasts)

    return _taken_back(connection, run)


def _types(connection: Connection, functions: Functions) -> Mapping[Property, str]:
    """Return what can be read of enums, without what uses them."""
    found = snapshot.read(connection, functions.types, ())
    return {one: value for one, value in found.items() if one.kind in ("type", "schema")}


def _taken_back(connection: Connection, run: Callable[[], Rehearsal]) -> Rehearsal:
    if savepoint.is_autocommit(connection):
        return Rehearsal(left_out="the connection is AUTOCOMMIT")
    began = time.monotonic()
    try:
        with savepoint.taken_back(connection):
            done = run()
    except DBAPIError as error:  # while it reads: others may hold locks on what it reads
        if why := savepoint.not_now(error):
            return Rehearsal(left_out=why)
        raise
    return replace(done, seconds=time.monotonic() - began)


def _stopped(done: Rehearsal, error: savepoint.StatementFailed) -> Rehearsal:
    """Return what came of a rehearsal that a statement ended."""
    failure = error.failure
    if error.why:
        shown = shorten(failure.statement, 80, placeholder=" …")
        return replace(done, left_out=f"{error.why} ({shown})")
    if failure.direction == "downgrade" and TAKEN_AWAY in failure.message:
        # What was merged can't be told apart again: the revision says so, and refuses.
        return replace(done, left_out=f"rows refuse it: {failure.message}")
    return replace(done, failure=failure)


def _without_labels(read: Mapping[Property, str]) -> Mapping[Property, str]:
    return {one: value for one, value in read.items() if one.name != "labels"}


def _is_heavy(one: Direction) -> bool:
    """Return whether a direction takes the longer, the more rows there are."""
    return bool(one.rewritten or one.rebuilt or one.retirements or one.scanned)


class _Rehearsing:
    """One rehearsal.

    :param connection: in a savepoint.
    """

    def __init__(
        self, connection: Connection, plan: Plan, differences: Differences, terms: Terms
    ) -> None:
        self._terms = terms
        self._connection = connection
        self._plan = plan
        self._differences = differences
        self._tables = {change.table for change in differences.conversions}
        self._tables |= {c.check.table for c in differences.changes if c.check}

    def run(self) -> Rehearsal:
        """Run the upgrade, and the downgrade if there is one."""
        if savepoint.prepare(self._connection):
            return Rehearsal(left_out=_READ_ONLY)
        types = types_concerned(self._differences, upgraded=False)
        weights = snapshot.weights(self._connection, types, self._tables)
        plan = self._plan
        rewrites = _is_heavy(plan.upgrade) or _is_heavy(plan.downgrade)
        size = sum(one.total for one in weights) if rewrites else 0
        too_large = self._terms.limit is not None and size > self._terms.limit
        if too_large and _is_heavy(plan.upgrade):
            return Rehearsal(size=size, too_large=True)
        rewrites = rewrites and not too_large  # an addition alone costs nothing
        counted = [one.name for one in weights if one.countable] if rewrites else []
        before = self._read(counted, upgraded=False)
        done = Rehearsal(size=size)
        try:
            with savepoint.taken_back(self._connection):
                done, between = self._upgrade(done, before, counted)
                if too_large:
                    return replace(done, too_large=True)
                if done.contrasts or plan.downgrade.refusals:
                    return done
                return self._downgrade(done, before, between, counted)
        except savepoint.StatementFailed as error:
            stopped = _stopped(done, error)
            if error.failure.sqlstate != savepoint.UNCOMMITTED or not done.upgrade:
                return stopped
        return self._stand_in(done, before, between, counted) or stopped

    def _stand_in(
        self,
        done: Rehearsal,
        before: Mapping[Property, str],
        between: Mapping[Property, str],
        counted: Collection[Name],
    ) -> Rehearsal | None:
        """Run the downgrade on types that were created with the labels that it uses.

        :param between: how it was read after the upgrade itself.
        :return: None if there is no such thing, or if it reads otherwise.
        """
        if not self._plan.stand_in:
            return None
        try:
            self._do("upgrade", self._plan.stand_in)
            found = self._read(counted, upgraded=True)
            if any(differing("upgrade", _without_labels(between), _without_labels(found))):
                return None
            return self._downgrade(done, before, between, counted)
        except savepoint.StatementFailed as error:
            if (
                error.failure.direction == "upgrade"
                or error.failure.sqlstate == savepoint.UNCOMMITTED
            ):
                return None
            return _stopped(done, error)

    def _upgrade(
        self, done: Rehearsal, before: Mapping[Property, str], counted: Collection[Name]
    ) -> tuple[Rehearsal, Mapping[Property, str]]:
        self._do("upgrade", self._plan.upgrade.statements)
        contrasts = [*self._terms.look()]
        after = self._read(counted, upgraded=True)
        contrasts += upgraded(before, after, self._differences, self._plan.upgrade.guards)
        return replace(done, upgrade=not contrasts, contrasts=tuple(contrasts)), after

    def _downgrade(
        self,
        done: Rehearsal,
        before: Mapping[Property, str],
        between: Mapping[Property, str],
        counted: Collection[Name],
    ) -> Rehearsal:
        self._do("downgrade", self._plan.downgrade.statements)
        after = self._read(counted, upgraded=False)
        # Rows that were mapped stay so, while what lists labels lists those of before.
        upgrade, mapped = self._plan.upgrade, any(one.mapping for one in self._differences.changes)
        filled = {*upgrade.rebuilt} - ({*upgrade.relisted} if mapped else set())
        reordered = any(change.reordered for change in self._differences.changes)
        wanted, found = refreshed(before, between, after, filled, reordered=reordered)
        contrasts = tuple(differing("downgrade", wanted, found, self._differences))
        return replace(done, downgrade=not contrasts, contrasts=contrasts)

    def _do(self, direction: str, statements: Sequence[str]) -> None:
        savepoint.run(self._connection, direction, statements, self._terms.tell)

    def _read(self, counted: Collection[Name], *, upgraded: bool) -> Mapping[Property, str]:
        types = types_concerned(self._differences, upgraded=upgraded)
        return snapshot.read(self._connection, types, self._tables, counted)
