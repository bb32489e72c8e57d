"""Owner and privileges of an object that is created again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import quoting
from .facts import Dependent

# MAINTAIN came with PostgreSQL 17.
_ALL_ON_RELATION = {
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER",
}  # fmt: skip


def give_owner(dependent: Dependent, shown: str) -> list[str]:
    """Give an object back to its owner, where that isn't the role that creates it."""
    detail = dependent.detail
    if detail["owner"] == detail.get("creator"):
        return []
    return [f"ALTER {shown} OWNER TO {quoting.identifier(detail['owner'])}"]


def grants(dependent: Dependent, shown: str, *, public: bool = False) -> list[str]:
    """Return the statements that leave exactly the privileges an object had.

    :param public: whether ``PUBLIC`` has privileges by default.
    """
    detail = dependent.detail
    owner, acl = detail["owner"], detail["acl"]
    strangers = set(detail["creeping"] or ())
    if acl is None:
        return _revoke(shown, strangers)
    held = _by_grantee(acl)
    by_default = {owner} | ({""} if public else set())
    complete = _ALL_ON_RELATION if not public else {"EXECUTE"}
    # Default privileges may take them from their own role.
    owner_has_all = not detail["governed"] and complete <= held.get((owner, False), set())
    gone = strangers | (by_default if not owner_has_all else by_default - {owner})
    sql = _revoke(shown, gone)
    for (grantee, grantable), privileges in held.items():
        if grantee != owner or not owner_has_all:
            sql.append(_grant(", ".join(sorted(privileges)), shown, grantee, grantable))
    return sql


def column_grants(acl: Sequence[Sequence[Any]], shown: str, column: str) -> list[str]:
    return [
        _grant(", ".join(f"{p} ({column})" for p in sorted(privileges)), shown, grantee, grantable)
        for (grantee, grantable), privileges in _by_grantee(acl).items()
    ]


def _by_grantee(acl: Sequence[Sequence[Any]]) -> dict[tuple[str, bool], set[str]]:
    """Gather privileges by who holds them and whether they may be passed on."""
    held: dict[tuple[str, bool], set[str]] = {}
    for grantee, privilege, grantable, _ in acl:
        held.setdefault((grantee, grantable), set()).add(privilege)
    return held


def _revoke(shown: str, roles: set[str]) -> list[str]:
    listed = ", ".join(_role(role) for role in sorted(roles))
    return [f"REVOKE ALL ON {shown} FROM {listed}"] if roles else []


def _grant(privileges: str, shown: str, grantee: str, grantable: bool) -> str:
    option = " WITH GRANT OPTION" if grantable else ""
    return f"GRANT {privileges} ON {shown} TO {_role(grantee)}{option}"


def _role(name: str) -> str:
    return quoting.identifier(name) if name else "PUBLIC"
