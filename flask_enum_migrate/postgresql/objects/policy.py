"""Policies of row security. Whom they are for is kept from the database that is upgraded."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True)
class Policy(Dependent):
    """A policy.

    :param command: ``pg_policy.polcmd``.
    :param permissive: whether it lets rows in; else it keeps them out.
    :param using: as SQL, or ``""``.
    :param check: as SQL, or ``""``.
    """

    command: str
    permissive: bool
    using: str
    check: str

    state_kind = "policy"
    on_table = True

    @property
    def what(self) -> str:
        return definitions.on_table("POLICY", self.name, self.table)

    def expressions(self) -> Iterator[str]:
        yield from filter(None, (self.using, self.check))

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        return [
            definitions.create_policy(
                self.name,
                self.table,
                permissive=self.permissive,
                command=self.command,
                using=self.using and follow(self.using),
                check=self.check and follow(self.check),
            )
        ]


def read(about: About, row: Any) -> Policy:
    """Return a policy from a row of ``policies.sql``."""
    return Policy(about, row.command, row.permissive, row.using, row.check)
