"""Compare defaults that are labels, where PostgreSQL may not know the label yet.

Alembic asks the server whether two defaults are equal, which fails on a label that the same
revision is to add.
"""

from __future__ import annotations

import re
from typing import Any

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Column

from ..core.texts import constant
from .rendering import is_enum

_FILLING = re.compile(r'[\s"]')  # of arrays: '{a, "b"}' is '{a,b}'


class LabelDefaults:
    """A ``compare_server_default`` that knows about constants, and leaves the rest to Alembic."""

    def __call__(
        self,
        context: Any,
        found: Column[Any],
        declared: Column[Any],
        found_default: str | None,
        default: Any,
        rendered: str | None,
    ) -> bool | None:
        """Return whether two constants differ, or None for Alembic to compare."""
        if not (is_enum(declared.type) and is_enum(found.type)):
            return None
        plain = isinstance(getattr(default, "arg", None), str)  # the text itself, no SQL
        one, other = _text(found_default), rendered if plain else _text(rendered)
        if one is None or other is None:
            return None
        if one == other:
            return False
        # The same elements may be written in two ways: that PostgreSQL can tell.
        same = one.startswith("{") and _FILLING.sub("", one) == _FILLING.sub("", other)
        return None if same else True

    def __repr__(self) -> str:
        return "of Flask-Enum-Migrate"


def compare_labels(context: AutogenContext) -> None:
    """Let Alembic compare constant defaults of enum columns without asking PostgreSQL.

    Where the app compares defaults by a function of its own, or not at all, it stays so.
    """
    migration: Any = context.migration_context
    if context.dialect.name == "postgresql" and (
        getattr(migration, "_user_compare_server_default", None) is True
    ):
        migration._user_compare_server_default = LabelDefaults()


def _text(default: str | None) -> str | None:
    return constant(default) if default else None
