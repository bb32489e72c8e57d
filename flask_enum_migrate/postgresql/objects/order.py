"""Drop what hangs on a type that is replaced, and create it again exactly as it was. Pure.

What one action of ALTER TABLE does shares the statement with its like: PostgreSQL then reads or
rewrites the table once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from graphlib import CycleError
from graphlib import TopologicalSorter
from itertools import groupby

from ...core.schema import Name
from ..plan.facts import Facts
from ..sql import ddl
from ..sql import guards
from ..sql import quoting
from ..sql import values
from . import generated_column as generated
from . import made_types
from . import recreate
from .base import Dependent
from .base import Follow
from .base import Key

_SET_EXPRESSION, _ADD_CONSTRAINT = "SET EXPRESSION", "ADD CONSTRAINT"
_DEFINED = (
    "pg_type", "pg_proc", "pg_rewrite", "pg_class", "pg_cast", "pg_operator", "pg_opclass",
    "pg_amop", "pg_amproc", "pg_transform",
)  # fmt: skip
_ON_TABLES = ("pg_constraint", "pg_trigger", "pg_policy", "pg_attrdef", "pg_class column")


def in_order(dependents: Iterable[Dependent]) -> list[Dependent]:
    """Return objects so that each comes behind what it needs; equals keep their order.

    Those that can share a statement come together, if what they need allows.
    """
    by_key = {dependent.key: dependent for dependent in dependents}
    shared: dict[object, Key] = {}
    first = {
        key: shared.setdefault(_statement(dependent), key) for key, dependent in by_key.items()
    }
    for leader in (first, {key: key for key in by_key}):
        with suppress(CycleError):
            return _sorted(by_key, leader)
    return list(by_key.values())  # two rules that need each other's views: the given order is good


def _sorted(by_key: Mapping[Key, Dependent], leader: Mapping[Key, Key]) -> list[Dependent]:
    """Sort objects by what they need.

    :param leader: who stands for whom: those with the same leader come together.
    :raises CycleError: if there is no such order.
    """
    members: dict[Key, list[Dependent]] = defaultdict(list)
    needs: dict[Key, set[Key]] = defaultdict(set)
    for key, dependent in by_key.items():
        members[leader[key]].append(dependent)
        needs[leader[key]] |= {leader[r] for r in dependent.references if r in by_key}
    position = {key: number for number, key in enumerate(members)}
    sorter = TopologicalSorter({key: needs[key] - {key} for key in members})
    sorter.prepare()
    ordered: list[Dependent] = []
    waiting: list[Key] = []
    while sorter.is_active():
        # A routine that PostgreSQL runs for a row may call others of which no catalog knows.
        ready: list[Key] = []
        for key in sorter.get_ready():
            (waiting if any(map(_runs, members[key])) else ready).append(key)
        if not ready:
            ready, waiting = waiting, []
        ready.sort(key=position.__getitem__)
        ordered.extend(member for key in ready for member in members[key])
        sorter.done(*ready)
    return ordered


def _runs(dependent: Dependent) -> bool:
    """Return whether PostgreSQL may compute something of rows when it creates the object."""
    return dependent.key[0] not in _DEFINED or bool(dependent.detail.get("index"))


def _statement(dependent: Dependent) -> tuple[object, ...]:
    """Return what two objects have in common that one ALTER TABLE can drop or create."""
    table = recreate.table_of(dependent)
    if generated.keeps_its_place(dependent):
        return _SET_EXPRESSION, table
    if dependent.key[0] == "pg_constraint" and dependent.detail["contype"] == "c":
        return _ADD_CONSTRAINT, table
    return dependent.key


def definitions(dependent: Dependent) -> Iterator[str]:
    """Yield the SQL of an object that can name labels, as PostgreSQL deparsed it."""
    detail = dependent.detail
    for key in ("definition", "using", "check", "where"):
        if sql := detail.get(key):
            # PostgreSQL reads the body of an SQL function when it is created, others when they run.
            whole = detail.get("language") == "sql"
            yield sql if whole else sql[: recreate.end_of_expressions(dependent, sql)]
    if dependent.key[0] == "pg_type default":
        yield detail["default"]
    for column in detail.get("columns") or ():
        if isinstance(column, dict) and column["default"]:
            yield column["default"]


def drop(dependents: Sequence[Dependent]) -> Iterator[str]:
    """Yield the statements that drop objects; without CASCADE, so that nothing goes unseen.

    :param dependents: in the order of :func:`in_order`.
    """
    for (what, *_), same in groupby(reversed(dependents), _statement):
        together = list(same)
        table = recreate.table_of(together[0])
        if what == _SET_EXPRESSION:
            yield ddl.alter_table(table, [generated.suspend(d) for d in together], only=True)
        elif what == _ADD_CONSTRAINT:
            yield ddl.alter_table(table, [_drop_constraint(d) for d in together])
        else:
            yield from filter(None, map(_drop, together))


def _drop_constraint(dependent: Dependent) -> str:
    return ddl.drop_constraint(dependent.names[-1], missing_ok=dependent.detail["derived"])


def _drop(dependent: Dependent) -> str:
    """Return the statement that drops an object, or ``""`` where another one's does."""
    catalog, detail = dependent.key[0], dependent.detail
    table = recreate.table_of(dependent)
    match catalog:
        case "pg_class column" if detail["column"]["inherited"]:
            return ""  # its parent's takes it along
        case "pg_class column":
            column = quoting.identifier(dependent.names[2])
            action = ddl.alter_column_type(dependent.names[2], "text", f"{column}::text")
            return ddl.alter_table(table, [action])
        case "pg_class" if detail["index"] and detail["index"]["parent"]:
            return ""
        case "pg_constraint":
            return ddl.alter_table(table, [_drop_constraint(dependent)])
        case "pg_attrdef" if dependent.is_generated:
            return generated.drop(dependent)
        case "pg_attrdef":
            return ddl.alter_table(table, [ddl.drop_default(dependent.names[2])], only=True)
        case "pg_constraint of domain" | "pg_type default":
            return made_types.drop_expression(dependent)
        case "pg_publication_rel":
            publication, table_ = recreate.publication(detail), recreate.published(detail)
            return f"ALTER PUBLICATION {publication} DROP TABLE ONLY {table_}"
        case "pg_statistic_ext":
            return f"DROP STATISTICS {dependent.shown}"
        case "pg_class":
            return f"DROP {recreate.relation(detail)} {dependent.shown}"
        case "pg_proc" if detail["aggregate"]:
            return f"DROP AGGREGATE {recreate.aggregate_signature(dependent)}"
        case "pg_proc":
            return f"DROP {recreate.routine_kind(detail)} {dependent.shown}"
        case "pg_opclass":
            return f"DROP OPERATOR CLASS {recreate.operator_class_name(detail)}"
        case "pg_amop" | "pg_amproc":
            return recreate.family_member(dependent, "DROP")
        case "pg_transform":
            return f"DROP {recreate.transform_name(detail)}"
        case "pg_cast":
            return f"DROP CAST ({detail['source']} AS {detail['target']})"
        case "pg_operator":
            return f"DROP OPERATOR {dependent.shown}"
    name = quoting.identifier(dependent.names[-1])  # a trigger, rule or policy
    return f"DROP {dependent.kind.upper()} {name} ON {quoting.qualified(table)}"


def create(dependents: Sequence[Dependent], follow: Follow) -> Iterator[str]:
    """Yield the statements that create objects with all their properties.

    :param dependents: in the order of :func:`in_order`.
    :param follow: rewrites the labels in a deparsed expression.
    """
    for (what, *_), same in groupby(dependents, _statement):
        together = list(same)
        table = recreate.table_of(together[0])
        if what == _SET_EXPRESSION:
            actions = [generated.resume(dependent, follow) for dependent in together]
            yield ddl.alter_table(table, actions, only=True)
        elif what == _ADD_CONSTRAINT:
            actions = [recreate.add_constraint(dependent, follow) for dependent in together]
            yield ddl.alter_table(table, actions)
            for dependent in together:
                yield from recreate.constraint_properties(dependent)
        else:
            for dependent in together:
                yield from _create(dependent, follow)


def _create(dependent: Dependent, follow: Follow) -> list[str]:
    match dependent.key[0]:
        case "pg_class column" if dependent.detail["column"]["inherited"]:
            return []
        case "pg_class column":
            type_ = dependent.detail["column"]["type"]
            action = ddl.alter_column_type(
                dependent.names[2], type_, values.through_text(dependent.names[2], type_)
            )
            return [ddl.alter_table(recreate.table_of(dependent), [action])]
        case "pg_constraint of domain" | "pg_type default":
            return list(made_types.create_expression(dependent, follow))
        case "pg_constraint":
            return recreate.constraint(dependent, follow)
        case "pg_class" if dependent.detail["index"]:
            return recreate.index(dependent, follow)
        case "pg_class":
            return recreate.view(dependent, follow)
        case "pg_attrdef" if dependent.is_generated:
            return list(generated.create(dependent, follow))
        case "pg_attrdef":
            return recreate.default(dependent, follow)
        case "pg_policy":
            return recreate.policy(dependent, follow)
        case "pg_publication_rel":
            return [recreate.publication_table(dependent.detail, follow)]
        case "pg_statistic_ext":
            return recreate.statistics(dependent, follow)
        case "pg_proc" if dependent.detail["aggregate"]:
            return recreate.aggregate(dependent)
        case "pg_proc":
            return recreate.routine(dependent, follow)
        case "pg_cast":
            return recreate.cast(dependent)
        case "pg_opclass":
            return recreate.operator_class(dependent)
        case "pg_amop" | "pg_amproc":
            return [recreate.family_member(dependent, "ADD")]
        case "pg_transform":
            return recreate.transform(dependent)
        case "pg_operator":
            return recreate.operator(dependent)
        case _:
            return recreate.trigger_or_rule(dependent, follow)


def refresh(dependents: Iterable[Dependent]) -> list[str]:
    """Return the statements that fill materialized views again, when all else is back.

    Created with data while policies are dropped, they would be empty for an owner who is
    subject to row security.
    """
    return [
        f"REFRESH MATERIALIZED VIEW {d.shown}"
        for d in dependents
        if d.detail.get("relkind") == "m" and d.detail["populated"]
    ]


def locked_tables(dependents: Iterable[Dependent], facts: Facts) -> set[Name]:
    """Return the tables that dropping these objects locks."""
    tables = (recreate.table_of(d) for d in dependents if d.key[0] in _ON_TABLES)
    return {facts.place(table.schema, table.name) for table in tables}


def restore(dependent: Dependent) -> Iterator[str]:
    """Yield what gives the index of a partition its name, comments and marks back.

    PostgreSQL builds such an index anew, under a name that it makes up.
    """
    detail, name = dependent.detail, Name(*dependent.names[:2])
    index = detail["index"]
    table = Name(index["table_schema"], index["table"])
    yield guards.rename_partition_index(index["parent"], table, name, detail["comment"])
    yield from recreate.index_marks(name, detail)
    if (constraint := index["constraint"]) and constraint["comment"]:
        on = f"{quoting.identifier(constraint['name'])} ON {quoting.qualified(table)}"
        yield f"COMMENT ON CONSTRAINT {on} IS {quoting.literal(constraint['comment'])}"
