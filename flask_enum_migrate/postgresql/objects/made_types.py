"""Domains, composite and range types that are made of an enum: replaced along with it."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from ...core.schema import Name
from ..sql import ddl
from ..sql.quoting import default_name
from ..sql.quoting import qualified
from ..sql.states import NOT_NULL
from .base import About
from .base import Dependent
from .base import Follow
from .base import Kept
from .base import Key

Aside = Callable[[Name], Name]
"""Gives the name of a type while another one takes its place."""


@dataclass(frozen=True)
class MadeType(Dependent):
    """A type that is made of others.

    :param type_name: its name.
    :param relation: ``pg_class.oid`` of a composite type, or 0.
    """

    type_name: Name
    relation: int = field(default=0, kw_only=True)

    state_kind = "type"
    in_schema = False
    alone = False
    runs = False

    @property
    def is_mention(self) -> bool:
        """Whether it is a domain that isn't made of the type, but mentions it."""
        return self.about.via == {"M"}

    def names(self) -> Iterator[Name]:
        """Yield the names of the types that are replaced."""
        yield self.type_name

    def kept(self) -> Iterator[Kept]:
        yield Kept(self.what, "type", (qualified(self.type_name),))

    def drop(self) -> Sequence[str]:
        """It is put aside instead, and dropped at last: see :meth:`drop_old`."""
        return ()

    @abstractmethod
    def displace(self, aside: Aside) -> Iterator[str]:
        """Yield the statements that put the type aside."""

    def drop_old(self, aside: Aside) -> str:
        """Return the statement that drops the old type, when nothing uses it any more."""
        return ddl.drop_type(aside(self.type_name))


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a composite type.

    :param type: its type, as SQL.
    :param collated: whether it has a collation of its own.
    """

    name: str
    type: str
    collated: bool


@dataclass(frozen=True)
class Composite(MadeType):
    """A composite type."""

    attributes: tuple[Attribute, ...]

    @property
    def what(self) -> str:
        return f"TYPE {qualified(self.type_name)}"

    def own_problem(self) -> str:
        collated = any(attribute.collated for attribute in self.attributes)
        return "it has a collation of its own" if collated else ""

    def displace(self, aside: Aside) -> Iterator[str]:
        yield ddl.rename_type(self.type_name, aside(self.type_name).name)

    def create(self, follow: Follow) -> Sequence[str]:
        attributes = [(attribute.name, attribute.type) for attribute in self.attributes]
        return [ddl.create_composite(self.type_name, attributes)]

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        name = self.type_name
        for attribute in self.attributes:
            what = ddl.column(name, attribute.name)
            yield Kept(what, "table column", (name.schema, name.name, attribute.name))


@dataclass(frozen=True)
class Range(MadeType):
    """A range type, with its multirange type.

    :param subtype: what it is a range of, as SQL.
    :param plain: whether it has no functions and no operator class of its own.
    """

    subtype: str
    multirange: Name
    plain: bool

    @property
    def what(self) -> str:
        return f"TYPE {qualified(self.type_name)}"

    def own_problem(self) -> str:
        if not self.plain:
            return "it is a range type with functions or an operator class of its own"
        if not self.about.by_superuser:
            return (
                "only a superuser can put the constructor aside that PostgreSQL gave to its "
                "multirange type"
            )
        return ""

    def names(self) -> Iterator[Name]:
        yield self.type_name
        yield self.multirange

    def displace(self, aside: Aside) -> Iterator[str]:
        yield ddl.rename_type(self.type_name, aside(self.type_name).name)
        # The multirange type and its constructor without arguments keep their names otherwise.
        old = aside(self.multirange).name
        yield ddl.rename_type(self.multirange, old)
        yield ddl.rename_function(self.multirange, old)

    def create(self, follow: Follow) -> Sequence[str]:
        return [ddl.create_range(self.type_name, self.subtype, self.multirange)]

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        own, subtype = qualified(self.type_name), self.subtype
        for name, arguments in (
            (self.type_name, (subtype, subtype)),
            (self.type_name, (subtype, subtype, "pg_catalog.text")),
            (self.multirange, ()),
            (self.multirange, (own,)),
            (self.multirange, (f"{own}[]",)),
        ):
            what = f"FUNCTION {qualified(name)}({', '.join(arguments)})"
            names = tuple(filter(None, (name.schema, name.name)))
            yield Kept(what, "function", names, arguments)


@dataclass(frozen=True, slots=True)
class OwnConstraint:
    """A constraint of a domain, as the domain's definition has it."""

    name: str
    definition: str

    @property
    def is_not_null(self) -> bool:
        """Whether it rejects NULL, and nothing else."""
        return self.definition == NOT_NULL


@dataclass(frozen=True)
class Domain(MadeType):
    """A domain.

    :param base: its type, as SQL.
    :param base_oid: ``pg_type.oid`` of that.
    :param default: its default as SQL, or None.
    :param not_null: whether it rejects NULL.
    :param constraints: its constraints.
    :param apart: the names of those that come back for themselves.
    :param default_apart: whether its default does.
    """

    base: str
    base_oid: int
    default: str | None
    not_null: bool
    constraints: tuple[OwnConstraint, ...]
    apart: frozenset[str] = frozenset()
    default_apart: bool = False

    @property
    def what(self) -> str:
        return f"DOMAIN {qualified(self.type_name)}"

    def expressions(self) -> Iterator[str]:
        if self.default:
            yield self.default
        yield from (constraint.definition for constraint in self.constraints)

    def displace(self, aside: Aside) -> Iterator[str]:
        yield ddl.rename_domain(self.type_name, aside(self.type_name).name)

    def create(self, follow: Follow) -> Sequence[str]:
        own = [(c.name, follow(c.definition)) for c in self._own()]
        has_default = self.default is not None and not self.default_apart
        default = follow(self.default) if has_default and self.default is not None else None
        return [ddl.create_domain(self.type_name, self.base, default, own)]

    def _own(self) -> Iterator[OwnConstraint]:
        """Yield the constraints that are created along with it.

        PostgreSQL before 17 takes a name of NOT NULL, and forgets it: a newer one, on which the
        revision runs too, has named it so.
        """
        own = [one for one in self.constraints if one.name not in self.apart]
        if self.not_null and not any(one.is_not_null for one in own):
            yield OwnConstraint(default_name(self.type_name.name, "_not_null"), NOT_NULL)
        yield from own

    def drop_naming(self, names: Callable[[str], bool]) -> Iterator[str]:
        """Yield the statements that drop its constraints and its default, if they name it."""
        if self.default is not None and names(self.default):
            yield ddl.alter_domain(self.type_name, "DROP DEFAULT")
        for one in self.constraints:
            if names(one.definition):
                yield ddl.alter_domain(self.type_name, ddl.drop_constraint(one.name))

    def drop_old(self, aside: Aside) -> str:
        return ddl.drop_domain(aside(self.type_name))

    def kept(self) -> Iterator[Kept]:
        yield from super().kept()
        for constraint in self._own():
            what = ddl.constraint_of_domain(constraint.name, self.type_name)
            names = (qualified(self.type_name),)
            definition = NOT_NULL if constraint.is_not_null else ""
            yield Kept(what, "domain constraint", names, (constraint.name,), definition)


@dataclass(frozen=True)
class DomainDefault(Dependent):
    """The default of a domain that can't be created along with the domain.

    :param domain: the domain.
    :param definition: as SQL.
    """

    domain: Name
    definition: str

    in_schema = False

    @property
    def key(self) -> Key:
        return "pg_type default", self.about.key[1]

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [ddl.alter_domain(self.domain, "DROP DEFAULT")]

    def create(self, follow: Follow) -> Sequence[str]:
        return [ddl.alter_domain(self.domain, f"SET DEFAULT {follow(self.definition)}")]

    def kept(self) -> Iterator[Kept]:
        yield from ()


@dataclass(frozen=True)
class DomainConstraint(Dependent):
    """A constraint of a domain that can't be created along with the domain.

    :param definition: as SQL.
    :param domain: the domain.
    :param domain_oid: ``pg_type.oid`` of that.
    :param contained: whether other types hold its values.
    """

    constraint: str
    definition: str
    domain: Name
    domain_oid: int
    contained: bool

    in_schema = False
    alone = False

    @property
    def key(self) -> Key:
        return "pg_constraint of domain", self.about.key[1]

    @property
    def called(self) -> str:
        check = self.definition.startswith("CHECK")
        return "check constraint" if check else self.about.kind

    @property
    def what(self) -> str:
        return ddl.constraint_of_domain(self.constraint, self.domain)

    def own_problem(self) -> str:
        if self.contained:
            return "its domain is part of other types, which PostgreSQL can't check"
        return ""

    def expressions(self) -> Iterator[str]:
        yield self.definition

    def drop(self) -> Sequence[str]:
        return [ddl.alter_domain(self.domain, ddl.drop_constraint(self.constraint))]

    def create(self, follow: Follow) -> Sequence[str]:
        action = ddl.add_constraint(self.constraint, follow(self.definition))
        return [ddl.alter_domain(self.domain, action)]

    def kept(self) -> Iterator[Kept]:
        yield Kept(self.what, "domain constraint", (qualified(self.domain),), (self.constraint,))


@dataclass(frozen=True)
class PlainType(MadeType):
    """A type that comes along with another one: an array, or the row type of a table or view."""

    def displace(self, aside: Aside) -> Iterator[str]:
        yield from ()

    def create(self, follow: Follow) -> Sequence[str]:
        return ()


def read(about: About, row: Any) -> MadeType:
    """Return a type from a row of ``made_types.sql``."""
    name = Name(row.schema, row.name)
    if row.typtype == "d":
        constraints = tuple(OwnConstraint(*one) for one in json.loads(row.constraints or "[]"))
        return Domain(about, name, row.base, row.base_oid, row.default, row.not_null, constraints)
    if row.typtype == "r":
        multirange = Name(row.multirange_schema, row.multirange)
        return Range(about, name, row.subtype, multirange, row.plain)
    if row.relkind == "c":
        attributes = tuple(Attribute(*attribute) for attribute in json.loads(row.attributes))
        return Composite(about, name, attributes, relation=row.relation)
    return PlainType(about, name, relation=row.relation)


def read_constraint(about: About, row: Any) -> DomainConstraint:
    """Return a constraint of a domain from a row of ``domain_constraints.sql``."""
    domain = Name(row.domain_schema, row.domain)
    return DomainConstraint(about, row.name, row.definition, domain, row.domain_oid, row.contained)
