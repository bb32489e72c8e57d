"""Casts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True)
class Cast(Dependent):
    """A cast.

    :param source: the one type, as SQL.
    :param target: the other one, as SQL.
    :param function: what it calls, as SQL, or ``""``.
    :param method: ``pg_cast.castmethod``.
    :param context: ``pg_cast.castcontext``.
    """

    source: str
    target: str
    function: str
    method: str
    context: str

    state_kind = "cast"
    in_schema = False
    runs = False
    alone = False

    @property
    def what(self) -> str:
        return f"CAST ({self.source} AS {self.target})"

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        return [definitions.create_cast(self.what, self.method, self.function, self.context)]


def read(about: About, row: Any) -> Cast:
    """Return a cast from a row of ``casts.sql``."""
    return Cast(about, row.source, row.target, row.function, row.method, row.context)
