"""Operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.schema import Name
from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True)
class Operator(Dependent):
    """An operator.

    :param operator: its name.
    :param function: what it calls, as SQL.
    :param left: its left argument's type, as SQL, or ``""``.
    :param right: its right argument's type, as SQL.
    :param restrict: its selectivity estimator, as SQL, or ``""``.
    :param join: the one for joins, as SQL, or ``""``.
    :param hashes: whether it can be hashed.
    :param merges: whether it can be merged.
    """

    operator: Name
    function: str
    left: str
    right: str
    restrict: str
    join: str
    hashes: bool
    merges: bool
    commutator: Name | None
    negator: Name | None

    state_kind = "operator"
    in_schema = False
    runs = False
    alone = False

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        typed = {
            "LEFTARG": self.left,
            "RIGHTARG": self.right,
            "RESTRICT": self.restrict,
            "JOIN": self.join,
        }
        options = [(key, value) for key, value in typed.items() if value]
        options += [(key, "") for key, is_so in self._words() if is_so]
        links = {"COMMUTATOR": self.commutator, "NEGATOR": self.negator}
        linked = [(key, other) for key, other in links.items() if other]
        return [definitions.create_operator(self.operator, self.function, options, linked)]

    def _words(self) -> tuple[tuple[str, bool], tuple[str, bool]]:
        return ("HASHES", self.hashes), ("MERGES", self.merges)


def read(about: About, row: Any) -> Operator:
    """Return an operator from a row of ``operators.sql``."""
    return Operator(
        about,
        Name(row.schema, row.name),
        row.function,
        row.left,
        row.right,
        row.restrict,
        row.join,
        row.hashes,
        row.merges,
        Name(row.commutator_schema, row.commutator) if row.commutator else None,
        Name(row.negator_schema, row.negator) if row.negator else None,
    )
