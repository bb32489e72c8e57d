"""Owner and privileges of an object that is created again."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from ..objects.base import Dependent
from . import guards
from . import quoting

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
    own = {privilege for grantee, privilege, _, grantor, _ in acl if grantee == grantor == owner}
    by_default = {owner} | ({""} if public else set())
    complete = _ALL_ON_RELATION if not public else {"EXECUTE"}
    # Default privileges may take them from their own role.
    owner_has_all = not detail["governed"] and complete <= own
    gone = strangers | (by_default if not owner_has_all else by_default - {owner})
    given = [one for one in acl if one[0] != owner or not owner_has_all]
    return [*_revoke(shown, gone), *_granted(given, shown, owner)]


def column_grants(
    acl: Sequence[Sequence[Any]], shown: str, column: str, owner: str | None = None
) -> list[str]:
    """Return the statements that grant the privileges of a column.

    :param owner: the owner of its relation, or None where all is granted as by that one.
    """
    return _granted(acl, shown, owner, column)


def others(detail: Mapping[str, Any]) -> set[str]:
    """Return who granted privileges on an object, and is none the current role may act for."""
    columns = [column for column in detail.get("columns") or () if isinstance(column, dict)]
    acls = [detail.get("acl"), *(column["acl"] for column in columns)]
    return {
        grantor
        for acl in acls
        for _, _, _, grantor, may_act in acl or ()
        if grantor != detail["owner"] and not may_act
    }


def _granted(
    acl: Sequence[Sequence[Any]], shown: str, owner: str | None, column: str = ""
) -> list[str]:
    """Return the statements that grant privileges, each by who granted it."""
    sql = []
    for (grantor, grantee, grantable), privileges in _in_order(acl, owner):
        listed = ", ".join(f"{p} ({column})" if column else p for p in sorted(privileges))
        grant = _grant(listed, shown, grantee, grantable)
        if grantor in (owner, None):
            sql.append(grant)
        else:
            sql += [guards.set_for_now({"role": grantor}), grant, guards.restore(["role"])]
    return sql


def _in_order(
    acl: Sequence[Sequence[Any]], owner: str | None
) -> list[tuple[tuple[str | None, str, bool], set[str]]]:
    """Gather privileges by who granted them to whom, those first without which others can't be."""
    gathered: dict[tuple[str | None, str, bool], set[str]] = {}
    for grantee, privilege, grantable, grantor, _ in acl:
        key = (grantor if owner is not None else None, grantee, grantable)
        gathered.setdefault(key, set()).add(privilege)
    may_grant, ordered, waiting = {owner}, [], list(gathered.items())
    while ready := [one for one in waiting if one[0][0] in may_grant]:
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
        may_grant |= {grantee for (_, grantee, grantable), _ in ready if grantable}
    return [*ordered, *waiting]


def _revoke(shown: str, roles: set[str]) -> list[str]:
    listed = ", ".join(_role(role) for role in sorted(roles))
    return [f"REVOKE ALL ON {shown} FROM {listed}"] if roles else []


def _grant(privileges: str, shown: str, grantee: str, grantable: bool) -> str:
    option = " WITH GRANT OPTION" if grantable else ""
    return f"GRANT {privileges} ON {shown} TO {_role(grantee)}{option}"


def _role(name: str) -> str:
    return quoting.identifier(name) if name else "PUBLIC"
