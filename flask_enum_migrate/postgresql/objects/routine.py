"""Functions, procedures and aggregates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from ...core.schema import Name
from ..sql import definitions
from ..sql import quoting
from ..sql.expressions import end_of
from .base import About
from .base import Defined
from .base import Dependent
from .base import Follow
from .base import Kept

# A body of BEGIN ATOMIC is parsed, and follows no AS.
_BODY = re.compile(r"(?P<end>\nAS )|\nBEGIN ATOMIC\b.*", re.DOTALL)


@dataclass(frozen=True)
class Function(Defined):
    """A function or procedure.

    :param definition: as ``CREATE OR REPLACE FUNCTION``.
    :param prokind: ``pg_proc.prokind``.
    :param language: its language.
    """

    prokind: str
    language: str

    state_kind = "function"
    head = r"CREATE OR REPLACE (?:FUNCTION|PROCEDURE) "
    runs = False

    @property
    def what(self) -> str:
        return f"{'PROCEDURE' if self.prokind == 'p' else 'FUNCTION'} {self.about.shown}"

    def expressions(self) -> Iterator[str]:
        # PostgreSQL reads the body of an SQL function when it is created, others when they run.
        whole = self.language == "sql"
        yield self.definition if whole else self.definition[: end_of(self.definition, _BODY)]

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        definition = self.definition.rstrip()
        end = end_of(definition, _BODY)
        sql = [follow(definition[:end]) + definition[end:]]
        sql += [definitions.depends_on_extension(self.what, x) for x in self.about.depends_on]
        return sql


@dataclass(frozen=True)
class Aggregate(Dependent):
    """An aggregate.

    :param aggregate: its name.
    :param signature: its arguments, of which ``ORDER BY`` is a part; ``""`` for ``*``.
    :param options: those of ``CREATE AGGREGATE``, by key.
    :param sort_operator: the operator that it stands for, if any.
    """

    aggregate: Name
    signature: str
    options: Mapping[str, str] = field(hash=False)
    sort_operator: Name | None

    state_kind = "aggregate"
    runs = False

    @property
    def what(self) -> str:
        return f"AGGREGATE {quoting.qualified(self.aggregate)}({self.signature or '*'})"

    @property
    def initial_values(self) -> set[str]:
        """What it begins with: text to PostgreSQL, so that a rename doesn't change it."""
        keys = ("initcond", "minitcond")
        return {self.options[key] for key in keys if key in self.options}

    def drop(self) -> Sequence[str]:
        return [definitions.drop(self.what)]

    def create(self, follow: Follow) -> Sequence[str]:
        sort = definitions.operator_name(self.sort_operator) if self.sort_operator else ""
        return [definitions.create_aggregate(self.what, self.options, sort)]

    def kept(self) -> Iterator[Kept]:
        about = self.about
        shown = about.shown.replace("()", "(*)")
        yield Kept(f"AGGREGATE {shown}", about.kind, about.names, about.arguments)


def read(about: About, row: Any) -> Function:
    """Return a routine from a row of ``routines.sql``."""
    return Function(about, row.definition, row.prokind, row.language)


def read_aggregate(about: About, row: Any) -> Aggregate:
    """Return an aggregate from a row of ``aggregates.sql``."""
    sort = Name(row.sort_schema, row.sort_operator) if row.sort_operator else None
    name = Name(row.schema, row.name)
    return Aggregate(about, name, row.arguments, json.loads(row.options), sort)
