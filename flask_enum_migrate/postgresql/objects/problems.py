"""Why an object that hangs on a type can't be dropped and created again."""

from __future__ import annotations

from typing import Any

from ..catalog.found import ALWAYS
from ..catalog.found import Found
from ..sql import privileges

_BY_SUPERUSER = ("pg_opclass", "pg_amop", "pg_amproc")
_SUPPORTED = (
    *ALWAYS,
    *_BY_SUPERUSER,
    "pg_class",
    "pg_constraint",
    "pg_attrdef",
    "pg_statistic_ext",
    "pg_cast",
    "pg_operator",
    "pg_transform",
)


def problem(row: Found) -> str:
    """Return why an object can't be dropped and created again, or ``""``."""
    catalog, detail = row.key[0], row.detail
    if row.extension:
        return f"it belongs to the extension {row.extension!r}"
    if row.has_security_label and catalog != "pg_type":
        return "it has a security label, which only its provider can give"
    if not detail.get("may_alter", True):
        return "the current role doesn't own it"
    if detail.get("owner") and (granted := privileges.others(detail)):
        by = ", ".join(map(repr, sorted(granted)))
        return f"privileges on it were granted by {by}, for whom the current role may not act"
    if catalog == "pg_class" and not row.is_table_column:
        return _relation_problem(detail)
    if catalog == "pg_type":
        return _type_problem(detail)
    if catalog == "pg_constraint" and detail["domain"] and detail["of_domain"]["contained"]:
        return "its domain is part of other types, which PostgreSQL can't check"
    needs_superuser = catalog in _BY_SUPERUSER or (
        catalog == "pg_constraint" and detail["triggers"]
    )
    if needs_superuser and not detail["superuser"]:
        what = "the state of its triggers" if catalog == "pg_constraint" else "it"
        return f"only a superuser can set {what}"
    return "" if catalog in _SUPPORTED else "it can't be created again by itself"


def _type_problem(detail: dict[str, Any]) -> str:
    if detail["range"] and not detail["range"]["plain"]:
        return "it is a range type with functions or an operator class of its own"
    if detail["range"] and not detail["range"]["superuser"]:
        return (
            "only a superuser can put the constructor aside that PostgreSQL gave to its multirange "
            "type"
        )
    collated = any(attribute["collated"] for attribute in detail["attributes"] or ())
    return "it has a collation of its own" if collated else ""


def _relation_problem(detail: dict[str, Any]) -> str:
    if detail["other_temp"]:
        return "it is a temporary object of another session"
    index = detail["index"]
    if index is None:
        return ""
    if not index["valid"]:
        return "it is invalid"
    return ""
