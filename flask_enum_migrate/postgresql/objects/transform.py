"""Transforms: how a language sees values of a type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sql import definitions
from .base import About
from .base import Dependent
from .base import Follow


@dataclass(frozen=True)
class Transform(Dependent):
    """A transform.

    :param type: the type, as SQL.
    :param language: the language.
    :param from_sql: the function that makes a value of the language, as SQL, or ``""``.
    :param to_sql: the function that makes one of the type, as SQL, or ``""``.
    """

    type: str
    language: str
    from_sql: str
    to_sql: str

    in_schema = False
    runs = False
    alone = False

    @property
    def what(self) -> str:
        return definitions.transform(self.type, self.language)

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        return [definitions.create_transform(self.what, self.from_sql, self.to_sql)]


def read(about: About, row: Any) -> Transform:
    """Return a transform from a row of ``transforms.sql``."""
    return Transform(about, row.type, row.language, row.from_sql, row.to_sql)
