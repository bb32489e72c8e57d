"""Find everything that hangs on some enum types, with all it takes to create it again.

PostgreSQL carries plain indexes, primary keys and unique constraints along when a column changes
its type; for everything else it refuses, or loses something in silence. One query
(:mod:`.closure`) reads it all; this module sorts out what has to be dropped and created again.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from sqlalchemy import Connection

from ..objects import generated_column as generated
from ..objects import problems
from ..objects.base import Dependent
from ..objects.base import Key
from ..objects.unqualified import leave_out
from .closure import DEPENDENTS
from .closure import PLACEHOLDERS
from .enums import qualified
from .found import ALWAYS
from .found import TABLES
from .found import Found
from .found import column_key

_CARRIED_CONSTRAINTS = ("p", "u", "n")
_CALLED = {"c": "check constraint", "f": "foreign key", "x": "exclusion constraint"}


def read(
    connection: Connection, oids: Collection[int], unqualified: str = ""
) -> tuple[Dependent, ...]:
    """Find what PostgreSQL would not carry along when some enum types are replaced.

    One query, and a second one where generated columns need a value to stand in, however many types
    there are and however much hangs on them.

    :param oids: ``pg_type.oid`` of the enum types.
    :param unqualified: the schema that is left out of definitions, or ``""``.
    """
    if not oids:
        return ()
    with qualified(connection, unqualified) as session:
        rows = [Found(row) for row in connection.execute(DEPENDENTS, {"oids": list(oids)})]
        if session.version >= 170000:
            _find_placeholders(connection, rows)
    found = _Sorter(rows, frozenset(oids)).dependents()
    return tuple(leave_out(unqualified, one) for one in found) if unqualified else found


def _find_placeholders(connection: Connection, rows: Iterable[Found]) -> None:
    """Find a value for each generated column that has to hold one while nothing is computed."""
    columns = [
        row.detail["column"]
        for row in rows
        if row.key[0] == "pg_attrdef" and row.detail["generated"]
    ]
    if types := sorted({column["type"] for column in columns if column["rejects_null"]}):
        result = connection.execute(PLACEHOLDERS, {"types": types})
        found = {row.type: row.value for row in result}
        for column in columns:
            column["placeholder"] = found.get(column["type"])


class _Sorter:
    """Tell what has to be rebuilt from what comes along, and who needs whom."""

    def __init__(self, rows: Iterable[Found], roots: frozenset[int]) -> None:
        self._rows = [row for row in rows if not row.follows]
        self._roots = roots
        self._alias: dict[Key, Key] = {}
        self._relkinds: dict[Key, str] = {}
        for row in self._rows:
            if row.key[0] == "pg_class":
                self._relkinds[row.key] = row.detail["relkind"]
            elif row.detail.get("relkind") == "c":  # the type stands for its relation
                self._alias["pg_class", row.detail["relation"]] = row.key
            elif row.key[0] == "pg_type" and "i" in row.via:  # an array, or a view's row type
                self._alias[row.key] = next(r[:2] for r in row.refs if r[3] == "i")
            elif row.detail.get("of_class"):
                self._alias[row.key] = next(r[:2] for r in row.refs if r[0] == "pg_opclass")
            elif row.key[0] == "pg_rewrite" and row.detail["return"]:
                self._alias[row.key] = ("pg_class", row.detail["relation"])

        self._made = {row.key: row for row in self._rows if row.key[0] == "pg_type"}
        self._generated = {
            column_key("pg_class", row.detail["column"]["oid"], row.detail["column"]["number"]): row
            for row in self._rows
            if row.key[0] == "pg_attrdef" and row.detail["generated"]
        }
        self._named: set[Key] = set()
        for row in self._rows:
            if row.has_own_name:
                ancestors = (oid for oid, _, _ in row.detail["ancestors"])
                self._named |= {row.key, *(("pg_constraint", oid) for oid in ancestors)}
            made = self._generated.get(column_key(*row.key, row.subid))
            if made and row.is_table_column:
                types = [(catalog, oid) for catalog, oid, _, _ in row.refs if catalog == "pg_type"]
                made.detail["column"]["holds_rows"] = not all(map(self._holds_enum, types))
                made.detail["column"]["of_type"] = bool(types)

    def _comes_with_domain(self, row: Found) -> bool:
        """Return whether a domain's constraint is created along with the domain.

        Not where it calls a routine, which comes back only when all types are there, nor where
        rows need not satisfy it, which CREATE DOMAIN can't say.
        """
        domain = self._made.get(("pg_type", row.detail["domain"]))
        if domain is None or domain.is_mention:
            return False
        made_of_types = all(
            self._real((catalog, oid))[0] == "pg_type" for catalog, oid, _, _ in row.refs
        )
        if made_of_types and not row.detail["definition"].endswith(" NOT VALID"):
            return True
        domain.detail.setdefault("apart", []).append(row.detail["name"])
        return False

    def _defaults_of_domains(self) -> Iterator[Found]:
        """Yield the domains whose default has to go for itself."""
        for row in self._made.values():
            calls = any(
                self._real((catalog, oid))[0] != "pg_type" for catalog, oid, _, _ in row.refs
            )
            if row.detail["typtype"] == "d" and row.detail["default"] and (row.is_mention or calls):
                yield row

    def _real(self, key: Key) -> Key:
        seen = set()
        while key in self._alias and key not in seen:
            seen.add(key)
            key = self._alias[key]
        return key

    def dependents(self) -> tuple[Dependent, ...]:
        """Return what has to be rebuilt, and what stands in the way."""
        edges: dict[Key, set[Key]] = {}
        main: dict[Key, Found] = {}
        columns: list[Dependent] = []
        on_type: set[Key] = set()
        needs_column: dict[Key, set[Key]] = {}
        roots: dict[Key, frozenset[int]] = {}
        for row in self._rows:
            if row.is_table_column:
                problem = self._column_problem(row)
                if problem or self._holds_rows(row):
                    columns.append(_dependent(row, self._generated_in(row), problem=problem))
                continue
            if row.detail.get("domain") and self._comes_with_domain(row):
                continue
            key = self._real(row.key)
            roots[key] = roots.get(key, frozenset()) | row.roots
            if key == row.key and row.subid == 0 and not row.is_mention:
                main[key] = row
            for catalog, oid, subid, _ in row.refs:
                target = self._real((catalog, oid))
                if target[0] == "pg_type" and target[1] in self._roots:
                    on_type.add(key)
                elif target != key and not self._is_column(target, subid):
                    edges.setdefault(key, set()).add(target)
                elif target != key:
                    column = column_key(*target, subid)
                    needs_column.setdefault(key, set()).add(column)
                    if (made := self._generated.get(column)) and made.key != key:
                        edges.setdefault(key, set()).add(made.key)
        for key, row in main.items():
            # An index has its columns by way of its constraint.
            index = row.detail.get("index") if key[0] == "pg_class" else None
            if index and index["constraint"]:
                by_way = ("pg_constraint", index["constraint"]["oid"])
                edges.setdefault(key, set()).update(
                    edge for edge in edges.get(by_way, ()) if edge[0] == "pg_attrdef"
                )
                needs_column.setdefault(key, set()).update(needs_column.get(by_way, ()))
        wanted = {
            key: row
            for key, row in main.items()
            if self._needs_rebuild(row, edges.get(key, set()), key in on_type)
        }
        self._order(wanted, edges, needs_column)
        found = [
            _dependent(
                row,
                edges.get(key, set()) | needs_column.get(key, set()),
                roots[key],
                self._generated_problem(row),
            )
            for key, row in wanted.items()
        ]
        for row in self._defaults_of_domains():
            row.detail["default_apart"] = True
            of_domain = _dependent(row, edges.get(row.key, set()), row.roots)
            found.append(replace(of_domain, key=("pg_type default", row.key[1])))
        return tuple(_settled([*columns, *found]))

    def _order(
        self, wanted: Mapping[Key, Found], edges: dict[Key, set[Key]], columns: dict[Key, set[Key]]
    ) -> None:
        """Add what has to be in an order that no dependency tells."""

        def after(later: Key, *earlier: Key) -> None:
            edges.setdefault(later, set()).update(earlier)

        for key, row in wanted.items():
            # A parent's column or constraint merges with one that its child has already.
            for ancestor, _, _ in row.detail.get("ancestors") or ():
                after((key[0], ancestor), key)
            if row.detail.get("contype") == "n":
                for other in wanted:  # a primary key would make a constraint of its own
                    if other[0] == "pg_class" and columns.get(other, set()) & columns[key]:
                        after(other, key)
        for row in self._generated.values():
            own = row.detail["column"]
            derived = generated.is_added_again(row.detail) and generated.is_derived(row.detail)
            for parent, _ in own["parents"] or ():
                if derived:
                    after(row.key, ("pg_attrdef", parent))
                else:
                    after(("pg_attrdef", parent), row.key)
            for number in own["later"] or ():
                if later := self._generated.get(column_key("pg_class", own["oid"], number)):
                    after(later.key, row.key)

    def _is_added_again(self, key: Key) -> bool:
        return any(
            row.key == key and generated.is_added_again(row.detail)
            for row in self._generated.values()
        )

    def _holds_enum(self, key: Key) -> bool:
        """Return whether a type is the enum, an array of it, or a domain over either."""
        key = self._real(key)
        if key[1] in self._roots or key not in self._made:
            return True
        base = self._made[key].detail["base_oid"]
        return bool(base) and self._holds_enum(("pg_type", base))

    def _generated_in(self, row: Found) -> set[Key]:
        """Return the generated columns of the tables whose rows a column holds."""
        tables = {oid for _, oid, _, via in row.refs if via == "R"}
        return {
            made.key for made in self._generated.values() if made.detail["column"]["oid"] in tables
        }

    def _generated_problem(self, row: Found) -> str:
        if row not in self._generated.values():
            return ""
        column = row.detail["column"]
        later = (
            self._generated.get(column_key("pg_class", column["oid"], number))
            for number in column["later"] or ()
        )
        trailing = all(other and row.roots <= other.roots for other in later)
        return generated.problem(row.detail, trailing=trailing)

    def _is_column(self, target: Key, subid: int) -> bool:
        return target[0] == "pg_class" and subid > 0 and self._relkinds.get(target, "r") in TABLES

    def _column_problem(self, row: Found) -> str:
        if row.detail["other_temp"]:
            return "it is a temporary table of another session"
        if any(self._relkinds.get(of_type) in ("v", "m") for of_type in self._types(row)):
            return "it holds rows of a view, which has to be created again"
        if self._types(row) & self._of_rows:
            return "its type is made of rows of a table that changes"
        return ""

    @cached_property
    def _of_rows(self) -> set[Key]:
        """The composite types and domains that are made of rows of a table, at any depth."""
        found: set[Key] = set()
        made = [(self._real(row.key), row) for row in self._rows]
        made = [(key, row) for key, row in made if key[0] == "pg_type"]
        while more := {
            key
            for key, row in made
            if key not in found and (self._holds_rows(row) or self._types(row) & found)
        }:
            found |= more
        return found

    def _types(self, row: Found) -> set[Key]:
        return {self._real((catalog, oid)) for catalog, oid, _, _ in row.refs}

    def _holds_rows(self, row: Found) -> bool:
        """Return whether a column holds rows of a table that changes: PostgreSQL rejects that."""
        return any(r[3] == "R" for r in row.refs)

    def _needs_rebuild(self, row: Found, edges: set[Key], on_type: bool) -> bool:
        catalog, detail = row.key[0], row.detail
        if catalog == "pg_class" and detail["relkind"] in ("v", "m"):
            return True
        if catalog == "pg_class" and detail["relkind"] in (*TABLES, "c"):
            return False
        if catalog == "pg_class" and detail["index"]:
            relations = {edge for edge in edges if edge[0] not in ("pg_constraint", "pg_class")}
            lost = detail["index"]["targets"] or detail["index"]["extensions"]
            on_matview = detail["index"]["table_kind"] == "m"
            renamed = bool(detail["index"]["parent"])
            return (
                on_type
                or bool(relations or lost)
                or on_matview
                or renamed
                or "K" in row.via
                or not detail["index"]["valid"]
            )
        if catalog == "pg_constraint":
            if detail["contype"] == "f":
                return True
            if detail["contype"] in _CARRIED_CONSTRAINTS:
                return detail["contype"] == "n" and (
                    row.key in self._named or any(map(self._is_added_again, edges))
                )
        if catalog == "pg_attrdef" and detail["generated"]:
            return True
        if catalog == "pg_attrdef":
            # Alone of one of the types, which may be altered in place while another is replaced.
            own = row.roots == {detail["holds"]}
            return bool(edges) or not own or "K" in row.via
        if catalog == "pg_statistic_ext":
            return True
        return on_type or bool(edges) or "K" in row.via or catalog in ALWAYS


def _settled(found: list[Dependent]) -> list[Dependent]:
    """Put constraints in the place of their indexes, and keep only references among these."""
    by_key = {dependent.key: dependent for dependent in found}
    called: dict[Key, Key] = {}
    for dependent in found:
        index = dependent.detail.get("index") if dependent.key[0] == "pg_class" else None
        if index and index["parent"]:
            by_key[dependent.key] = replace(dependent, rebuilt=_is_special(dependent))
        elif index and index["constraint"]:
            del by_key[dependent.key]
            constraint = _constraint_of(dependent)
            by_key[constraint.key] = constraint
            called[dependent.key] = constraint.key
    return [
        replace(d, references=frozenset(r for r in references if r in by_key and r != d.key))
        for d in by_key.values()
        for references in [{called.get(r, r) for r in d.references}]
    ]


def _constraint_of(index: Dependent) -> Dependent:
    """Return the constraint that an index stands for: it is what can be dropped and created."""
    detail = index.detail["index"]["constraint"]
    schema, table = index.detail["index"]["table_schema"], index.detail["index"]["table"]
    called = _CALLED.get(detail["contype"], "unique constraint")
    return replace(
        index,
        key=("pg_constraint", detail["oid"]),
        kind=called,
        identity=f"{detail['name']} on {schema}.{table}",
        names=(schema, table, detail["name"]),
        detail={**detail, "called": called, "of_index": index.detail},
    )


def _is_special(index: Dependent) -> bool:
    """Return whether PostgreSQL can't carry a partition's index along."""
    detail = index.detail["index"]
    of_generated = any(catalog == "pg_attrdef" for catalog, _ in index.references)
    return bool(
        detail["expressions"] or detail["partial"] or (of_generated and not detail["constraint"])
    )


def _dependent(
    row: Found,
    references: set[Key] | None = None,
    roots: frozenset[int] | None = None,
    problem: str = "",
) -> Dependent:
    key = row.key if not row.is_table_column else column_key(*row.key, row.subid)
    if row.key[0] == "pg_constraint":
        row.detail["called"] = _CALLED.get(row.detail["contype"], row.kind)
        if row.detail["domain"]:
            key = ("pg_constraint of domain", row.key[1])
    return Dependent(
        key=key,
        kind=row.kind,
        identity=row.identity,
        names=row.names,
        shown=row.unqualified or row.identity,
        roots=roots or row.roots,
        references=frozenset(references or ()),
        problem=problem or problems.problem(row),
        detail=row.detail,
    )
