"""Domains, composite and range types that are made of an enum: replaced along with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.schema import Name
from ..plan.facts import Facts
from ..sql import ddl
from .base import Dependent
from .base import Follow


def names(carrier: Dependent) -> Iterator[Name]:
    """Yield the names of the types that are replaced: a range's multirange comes along."""
    yield Name(carrier.detail["schema"], carrier.detail["name"])
    if made_along := carrier.detail["range"]:
        yield Name(made_along["multirange_schema"], made_along["multirange"])


def displace(carrier: Dependent, facts: Facts) -> Iterator[str]:
    """Yield the statements that put a type aside."""
    old, name = replacement(carrier, facts)
    if _is_domain(carrier):
        yield ddl.rename_domain(name, old.name)
        return
    yield ddl.rename_type(name, old.name)
    if made_along := carrier.detail["range"]:
        # The multirange type and its constructor without arguments keep their names otherwise.
        multirange = Name(made_along["multirange_schema"], made_along["multirange"])
        aside = _aside(multirange, facts).name
        yield ddl.rename_type(multirange, aside)
        yield ddl.rename_function(multirange, aside)


def create(carrier: Dependent, follow: Follow) -> Iterator[str]:
    """Yield the statements that make the type anew, of the new enum.

    :param follow: rewrites the labels in a deparsed expression.
    """
    name = _name(carrier)
    detail = carrier.detail
    if detail["range"]:
        multirange = Name(detail["range"]["multirange_schema"], detail["range"]["multirange"])
        yield ddl.create_range(name, detail["range"]["subtype"], multirange)
        return
    if not _is_domain(carrier):
        attributes = [(a["name"], a["type"]) for a in detail["attributes"]]
        yield ddl.create_composite(name, attributes)
        for attribute in detail["attributes"]:
            if attribute["comment"]:
                yield ddl.comment_on_column(name, attribute["name"], attribute["comment"])
        return
    # NOT NULL is a constraint of its own only since PostgreSQL 18.
    own = [c for c in detail["constraints"] or () if c["name"] not in detail.get("apart", ())]
    constraints = [(c["name"], follow(c["definition"])) for c in own]
    named = any(definition.startswith("NOT NULL") for _, definition in constraints)
    base = detail["base"] + (" NOT NULL" if detail["not_null"] and not named else "")
    has_default = detail["default"] is not None and not detail.get("default_apart")
    default = follow(detail["default"]) if has_default else None
    yield ddl.create_domain(name, base, default, constraints)
    for constraint in own:
        if constraint["comment"]:
            yield ddl.comment_on_domain_constraint(name, constraint["name"], constraint["comment"])


def replacement(carrier: Dependent, facts: Facts) -> tuple[Name, Name]:
    """Return what the old type is called meanwhile, and the new one."""
    name = _name(carrier)
    return _aside(name, facts), name


def drop(carrier: Dependent, facts: Facts) -> str:
    """Return the statement that drops the old type."""
    old, _ = replacement(carrier, facts)
    return ddl.drop_domain(old) if _is_domain(carrier) else ddl.drop_type(old)


def drop_expression(dependent: Dependent) -> str:
    """Return the statement that takes a constraint or default off a domain."""
    if dependent.key[0] == "pg_type default":
        return ddl.alter_domain(_name(dependent), "DROP DEFAULT")
    return ddl.alter_domain(_domain_of(dependent), ddl.drop_constraint(dependent.detail["name"]))


def create_expression(dependent: Dependent, follow: Follow) -> Iterator[str]:
    """Yield the statements that give a domain its constraint or default back.

    :param follow: rewrites the labels in a deparsed expression.
    """
    detail = dependent.detail
    if dependent.key[0] == "pg_type default":
        yield ddl.alter_domain(_name(dependent), f"SET DEFAULT {follow(detail['default'])}")
        return
    domain, name = _domain_of(dependent), detail["name"]
    yield ddl.alter_domain(domain, ddl.add_constraint(name, follow(detail["definition"])))
    if detail["comment"]:
        yield ddl.comment_on_domain_constraint(domain, name, detail["comment"])


def _domain_of(constraint: Dependent) -> Name:
    domain = constraint.detail["of_domain"]
    return Name(domain["schema"], domain["name"])


def expressions(carrier: Dependent) -> Iterator[str]:
    """Yield the SQL of a type that can name labels."""
    if carrier.detail["default"]:
        yield carrier.detail["default"]
    for constraint in carrier.detail["constraints"] or ():
        yield constraint["definition"]


def _is_domain(carrier: Dependent) -> bool:
    return bool(carrier.detail["typtype"] == "d")


def _name(carrier: Dependent) -> Name:
    return Name(carrier.detail["schema"], carrier.detail["name"])


def _aside(name: Name, facts: Facts) -> Name:
    return facts.shown(facts.aside(facts.place(name.schema, name.name)))
