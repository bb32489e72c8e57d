"""One object that was found to hang on an enum type, as the query of :mod:`.closure` gives it."""

from __future__ import annotations

import json
from typing import Any

from ..objects.base import Key

TABLES = ("r", "p", "f", "t", "S")
ALWAYS = ("pg_rewrite", "pg_trigger", "pg_policy", "pg_publication_rel", "pg_proc")
"""The catalogs of what PostgreSQL never carries along."""


def column_key(catalog: str, oid: int, number: int) -> Key:
    """Return the key of a column: tables have at most 1,600."""
    return f"{catalog} column", oid * 2000 + number


class Found:
    """A row of the query that finds what hangs on types, unpacked."""

    def __init__(self, row: Any) -> None:
        self.key: Key = (row.catalog, row.oid)
        self.subid: int = row.subid
        self.kind: str = row.kind
        self.identity: str = row.identity
        self.names: tuple[str, ...] = tuple(row.names)
        self.roots = frozenset(row.roots)
        self.via: str = row.via
        self.refs: list[tuple[str, int, int, str]] = [tuple(r) for r in json.loads(row.refs)]
        self.detail: dict[str, Any] = json.loads(row.detail) if row.detail else {}
        self.detail["comment"] = row.comment or None
        self.unqualified: str | None = row.unqualified
        self.extension: str | None = row.extension
        self.has_security_label: bool = row.has_security_label

    @property
    def is_table_column(self) -> bool:
        return self.key[0] == "pg_class" and self.subid > 0 and self.detail["relkind"] in TABLES

    @property
    def follows(self) -> bool:
        """Whether another object brings it along: its parent, its constraint, its view."""
        detail = self.detail
        if self.key[0] == "pg_trigger":
            return bool(detail["internal"] or detail["derived"])
        if self.key[0] == "pg_attrdef":
            return bool(detail["relkind"] == "v")
        if self.key[0] in ("pg_proc", "pg_cast") and "i" in self.via:
            return True  # what PostgreSQL makes along with a range type
        is_trigger = detail.get("contype") == "t"
        derived = detail.get("derived") and not self.has_own_name
        return self.key[0] == "pg_constraint" and bool(derived or is_trigger)

    @property
    def is_mention(self) -> bool:
        """Whether it is a domain that isn't made of the type, but mentions it."""
        return self.key[0] == "pg_type" and self.via == "M"

    @property
    def has_own_name(self) -> bool:
        """Whether it is a NOT NULL called otherwise than that of the parent.

        PostgreSQL 18 fails to build such a one anew along with the column, or loses its name.
        """
        parents = {name for _, name, direct in self.detail.get("ancestors") or () if direct}
        return self.detail.get("contype") == "n" and bool(parents - {self.detail["name"]})
