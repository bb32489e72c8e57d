"""Tell what has to be created again from what comes along, and who needs whom. Pure.

PostgreSQL carries plain indexes, primary keys and unique constraints along when a column changes
its type; for everything else it refuses, or loses something in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from .base import Dependent
from .base import Key
from .constraint import Constraint
from .constraint import of_index
from .default import Default
from .generated_column import GeneratedColumn
from .index import Index
from .made_types import Composite
from .made_types import Domain
from .made_types import DomainConstraint
from .made_types import DomainDefault
from .made_types import MadeType
from .operator_class import FamilyMember
from .row_column import RowColumn
from .row_column import column_key
from .rule import Rule
from .statistics import Statistics
from .trigger import Trigger
from .view import View

TABLES = ("r", "p", "f", "t", "S")
"""What ``pg_class.relkind`` is of relations that nothing makes anew."""

T = TypeVar("T", bound=Dependent)


def settle(
    found: Iterable[Dependent], relkinds: Mapping[Key, str], roots: frozenset[int]
) -> tuple[Dependent, ...]:
    """Return what has to be rebuilt, and what stands in the way.

    :param found: everything that hangs on the types.
    :param relkinds: ``pg_class.relkind`` of all relations among that.
    :param roots: ``pg_type.oid`` of the types.
    """
    return tuple(_in_place_of_indexes(_Found(found, relkinds, roots).dependents()))


def _follows(one: Dependent) -> bool:
    """Return whether another object brings one along: its parent, its constraint, its view."""
    match one:
        case Trigger() | Constraint():
            return one.follows
        case Default():
            return one.of_view
        case _:  # what PostgreSQL makes along with a range type
            return one.key[0] in ("pg_proc", "pg_cast") and "i" in one.about.via


class _Found:
    """All that was found, and the names under which its parts go."""

    def __init__(
        self, found: Iterable[Dependent], relkinds: Mapping[Key, str], roots: frozenset[int]
    ) -> None:
        self._relkinds = relkinds
        self._roots = roots
        self._all = [one for one in found if not _follows(one)]
        self._alias = dict(self._aliases())
        self._made = {one.key: one for one in self._of(MadeType)}
        self._generated = {self._place(one): one for one in self._of(GeneratedColumn)}
        self._know_types_of_generated()
        self._named = frozenset(self._with_own_names())
        self._apart: dict[Key, set[str]] = defaultdict(set)

    def _of(self, kind: Callable[..., T]) -> Iterator[T]:
        for one in self._all:
            if isinstance(kind, type) and isinstance(one, kind):
                yield one  # type: ignore[misc]

    def _aliases(self) -> Iterator[tuple[Key, Key]]:
        for one in self._all:
            match one:
                case Composite():  # the type stands for its relation
                    yield ("pg_class", one.relation), one.key
                case MadeType() if "i" in one.about.via:  # an array, or a view's row type
                    yield one.key, next(need.key for need in one.about.needs if need.via == "i")
                case FamilyMember(of_class=True):
                    needs = one.about.needs
                    yield one.key, next(n.key for n in needs if n.key[0] == "pg_opclass")
                case Rule(is_view=True):
                    yield one.key, ("pg_class", one.relation)

    def _real(self, key: Key) -> Key:
        seen = set()
        while key in self._alias and key not in seen:
            seen.add(key)
            key = self._alias[key]
        return key

    @staticmethod
    def _place(column: GeneratedColumn) -> Key:
        return column_key(column.relation, column.number)

    def _know_types_of_generated(self) -> None:
        """Let generated columns know what they are made of themselves."""
        for column in self._of(RowColumn):
            if made := self._generated.get(column.key):
                types = [need.key for need in column.about.needs if need.key[0] == "pg_type"]
                self._generated[column.key] = replace(
                    made,
                    holds_rows=not all(map(self._holds_enum, types)),
                    of_type=bool(types),
                )
        known = {one.key: one for one in self._generated.values()}
        self._all = [known.get(one.key, one) for one in self._all]

    def _holds_enum(self, key: Key) -> bool:
        """Return whether a type is the enum, an array of it, or a domain over either."""
        key = self._real(key)
        if key[1] in self._roots or key not in self._made:
            return True
        made = self._made[key]
        return isinstance(made, Domain) and self._holds_enum(("pg_type", made.base_oid))

    def _with_own_names(self) -> Iterator[Key]:
        for one in self._of(Constraint):
            if one.has_own_name:
                yield one.key
                yield from (("pg_constraint", ancestor.oid) for ancestor in one.ancestors)

    def dependents(self) -> list[Dependent]:
        """Return what has to be rebuilt, in no order."""
        graph = _Graph()
        held = []
        for one in self._all:
            if isinstance(one, RowColumn):
                refused = self._column_refused(one)
                if refused or one.problem or one.holds_rows:
                    tables = frozenset(self._generated_in(one))
                    held.append(replace(one, refused=refused, references=tables))
            elif not (isinstance(one, DomainConstraint) and self._comes_with_domain(one)):
                self._add(one, graph)
        for key, one in graph.main.items():  # an index has its columns by way of its constraint
            if isinstance(one, Index) and one.constraint:
                graph.go_by_way(key, ("pg_constraint", one.constraint.oid))
        wanted = {key: one for key, one in graph.main.items() if self._is_rebuilt(one, graph)}
        self._order(wanted, graph)
        rebuilt = [self._settled(key, one, graph) for key, one in wanted.items()]
        return [*held, *rebuilt, *self._defaults_of_domains(graph)]

    def _add(self, one: Dependent, graph: _Graph) -> None:
        """Add an object, or a part of one, with what it needs."""
        key = self._real(_catalog_key(one))
        graph.roots[key] |= one.roots
        mentions = isinstance(one, MadeType) and one.is_mention
        if key == _catalog_key(one) and one.about.column == 0 and not mentions:
            graph.main[key] = one
        for need in one.about.needs:
            target = self._real(need.key)
            if target[0] == "pg_type" and target[1] in self._roots:
                graph.on_type.add(key)
            elif target != key and not self._is_column(target, need.column):
                graph.edges[key].add(target)
            elif target != key:
                column = column_key(target[1], need.column)
                graph.columns[key].add(column)
                if (made := self._generated.get(column)) and made.key != key:
                    graph.edges[key].add(made.key)

    def _is_column(self, target: Key, number: int) -> bool:
        of_table = self._relkinds.get(target, "r") in TABLES
        return target[0] == "pg_class" and number > 0 and of_table

    def _settled(self, key: Key, one: Dependent, graph: _Graph) -> Dependent:
        about = replace(one.about, roots=graph.roots[key])
        references = frozenset(graph.edges[key] | graph.columns[key])
        refused = self._moves(one) if isinstance(one, GeneratedColumn) else ""
        if isinstance(one, Domain):
            one = replace(one, apart=frozenset(self._apart[key]), default_apart=self._calls(one))
        return replace(one, about=about, references=references, refused=refused)

    def _comes_with_domain(self, one: DomainConstraint) -> bool:
        """Return whether a domain's constraint is created along with the domain.

        Not where it calls a routine, which comes back only when all types are there, nor where
        rows need not satisfy it, which CREATE DOMAIN can't say.
        """
        domain = self._made.get(("pg_type", one.domain_oid))
        if domain is None or domain.is_mention:
            return False
        if not self._calls(one) and not one.definition.endswith(" NOT VALID"):
            return True
        self._apart[domain.key].add(one.constraint)
        return False

    def _calls(self, one: Dependent) -> bool:
        """Return whether an object needs more than types."""
        return any(self._real(need.key)[0] != "pg_type" for need in one.about.needs)

    def _defaults_of_domains(self, graph: _Graph) -> Iterator[Dependent]:
        """Yield the defaults of domains that have to go for themselves."""
        for domain in self._of(Domain):
            if domain.default and (domain.is_mention or self._calls(domain)):
                references = frozenset(graph.edges[domain.key])
                yield DomainDefault(
                    domain.about, domain.type_name, domain.default, references=references
                )

    def _order(self, wanted: Mapping[Key, Dependent], graph: _Graph) -> None:
        """Add what has to be in an order that no dependency tells."""
        for key, one in wanted.items():
            if not isinstance(one, Constraint):
                continue
            # A parent's constraint merges with one that its child has already.
            for ancestor in one.ancestors:
                graph.edges[key[0], ancestor.oid].add(key)
            if one.contype == "n":  # a primary key would make a constraint of its own
                for other in wanted:
                    if other[0] == "pg_class" and graph.columns[other] & graph.columns[key]:
                        graph.edges[other].add(key)
        for column in self._generated.values():
            derived = not column.keeps_its_place and column.is_derived
            for parent in column.parents:
                other = ("pg_attrdef", parent.oid)
                later, earlier = (column.key, other) if derived else (other, column.key)
                graph.edges[later].add(earlier)
            for behind in self._behind(column):
                if behind:
                    graph.edges[behind.key].add(column.key)

    def _behind(self, column: GeneratedColumn) -> Iterator[GeneratedColumn | None]:
        for number in column.later:
            yield self._generated.get(column_key(column.relation, number))

    def _moves(self, column: GeneratedColumn) -> str:
        """Return why a generated column can't be added again as the last one, or ``""``."""
        if column.keeps_its_place:
            return ""
        behind = self._behind(column)
        trailing = all(other and column.roots <= other.roots for other in behind)
        return "" if trailing else column.moves()

    def _generated_in(self, column: RowColumn) -> Iterator[Key]:
        """Yield the generated columns of the tables whose rows a column holds."""
        tables = {need.key[1] for need in column.about.needs if need.via == "R"}
        return (made.key for made in self._generated.values() if made.relation in tables)

    def _column_refused(self, column: RowColumn) -> str:
        types = self._types(column)
        if any(self._relkinds.get(type_) in ("v", "m") for type_ in types):
            return "it holds rows of a view, which has to be created again"
        if types & self._of_rows:
            return "its type is made of rows of a table that changes"
        return ""

    @cached_property
    def _of_rows(self) -> set[Key]:
        """The composite types and domains that are made of rows of a table, at any depth."""
        found: set[Key] = set()
        made = [(self._real(_catalog_key(one)), one) for one in self._all]
        made = [(key, one) for key, one in made if key[0] == "pg_type"]
        while more := {
            key
            for key, one in made
            if key not in found and ("R" in one.about.via or self._types(one) & found)
        }:
            found |= more
        return found

    def _types(self, one: Dependent) -> set[Key]:
        return {self._real(need.key) for need in one.about.needs}

    def _is_rebuilt(self, one: Dependent, graph: _Graph) -> bool:
        """Return whether an object has to be dropped and created again."""
        key = self._real(_catalog_key(one))
        on_type, edges = key in graph.on_type, graph.edges[key]
        hangs = on_type or bool(edges) or "K" in one.about.via
        match one:
            case View() | GeneratedColumn() | Statistics():
                return True
            case Index():
                by_itself = {e for e in edges if e[0] not in ("pg_constraint", "pg_class")}
                special = on_type or "K" in one.about.via
                return special or bool(by_itself) or one.loses_something
            case Constraint() if one.contype == "f":
                return True
            case Constraint() if one.is_carried:
                moved = any(map(self._is_added_again, edges))
                generated = any(column in self._generated for column in graph.columns[key])
                named = one.key in self._named and generated
                return one.contype == "n" and (named or moved)
            case Default():
                # Alone of one of the types, which may be altered while another is replaced.
                own = one.roots == {one.holds}
                return bool(edges) or not own or "K" in one.about.via
            case _:
                return hangs or one.alone

    def _is_added_again(self, key: Key) -> bool:
        return any(one.key == key and not one.keeps_its_place for one in self._generated.values())


class _Graph:
    """Who needs whom, by catalog and OID."""

    def __init__(self) -> None:
        self.main: dict[Key, Dependent] = {}
        self.edges: dict[Key, set[Key]] = defaultdict(set)
        self.columns: dict[Key, set[Key]] = defaultdict(set)
        self.roots: dict[Key, frozenset[int]] = defaultdict(frozenset)
        self.on_type: set[Key] = set()

    def go_by_way(self, key: Key, other: Key) -> None:
        """Let an object need the generated columns and the columns that another one needs."""
        self.edges[key] |= {edge for edge in self.edges[other] if edge[0] == "pg_attrdef"}
        self.columns[key] |= self.columns[other]


def _catalog_key(one: Dependent) -> Key:
    return one.about.key


def _made_indexes(indexes: Sequence[Index]) -> set[str]:
    """Return the indexes that are made anew, as SQL names them.

    One of a partition is only if that of the partitioned table is: PostgreSQL carries both along.
    """
    made = {one.about.shown for one in indexes if not one.parent and not one.constraint}
    while more := {
        one.about.shown
        for one in indexes
        if one.parent in made and not one.constraint and one.about.shown not in made
    }:
        made |= more
    return made


def _in_place_of_indexes(found: Sequence[Dependent]) -> list[Dependent]:
    """Put constraints in the place of their indexes, and keep only references among these."""
    by_key = {one.key: one for one in found}
    called: dict[Key, Key] = {}
    made = _made_indexes([one for one in found if isinstance(one, Index)])
    for one in found:
        if not isinstance(one, Index):
            continue
        if one.parent:
            by_key[one.key] = replace(one, rebuilt=one.about.shown in made)
        elif one.constraint:
            del by_key[one.key]
            constraint = of_index(one)
            by_key[constraint.key] = constraint
            called[one.key] = constraint.key
    return [
        replace(one, references=frozenset(r for r in references if r in by_key and r != one.key))
        for one in by_key.values()
        for references in [{called.get(r, r) for r in one.references}]
    ]
