"""PL/pgSQL blocks for what only the database that runs the revision can know."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from ...core.schema import Name
from .quoting import identifier
from .quoting import literal
from .quoting import qualified


def set_for_now(settings: Mapping[str, str]) -> str:
    """Return a block that changes settings for the transaction and keeps the old values for later.

    ``SET LOCAL`` and a later ``SET … TO DEFAULT`` would lose what env.py had set; a ``SELECT``
    would print a row where psql runs the script.
    """
    lines = [
        line
        for name, value in settings.items()
        for line in (
            f"    PERFORM set_config('enum_migrate.{name}', current_setting('{name}'), true);\n",
            f"    PERFORM set_config('{name}', {literal(value)}, true);\n",
        )
    ]
    return f"DO $$ BEGIN\n{''.join(lines)}END $$"


def restore(settings: Iterable[str]) -> str:
    """Return a block that gives settings the values back that they had."""
    lines = [
        f"    PERFORM set_config('{name}', current_setting('enum_migrate.{name}'), true);\n"
        for name in settings
    ]
    return f"DO $$ BEGIN\n{''.join(lines)}END $$"


def require_labels(known: Mapping[Name, Sequence[str]]) -> str:
    """Return a block that fails with 55000 if types have other labels than a revision knows.

    It would take away those that it doesn't know, such as those of another branch. It asks
    ``pg_enum``: ``enum_range`` fails over labels that the same transaction added.

    :param known: the labels by type.
    """
    types = _values(
        f"({literal(qualified(type_))}, ARRAY[{_listed(labels)}]::text[])"
        for type_, labels in known.items()
    )
    return _do(f"""
DECLARE
    strange text;
BEGIN
    SELECT string_agg(name || ' has other labels than this revision was written for: ' || others,
        '; ' ORDER BY name) INTO strange
    FROM (
        SELECT name, string_agg(quote_literal(label), ', ' ORDER BY label) AS others
        FROM {types} type (name, known),
        LATERAL (
            (SELECT enumlabel::text FROM pg_enum WHERE enumtypid = name::regtype
             EXCEPT SELECT unnest(known))
            UNION ALL
            (SELECT unnest(known)
             EXCEPT SELECT enumlabel::text FROM pg_enum WHERE enumtypid = name::regtype)
        ) other (label)
        GROUP BY name
    ) difference;
    IF strange IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = strange || '; no table was changed',
            HINT = 'Put them into its list of labels and its CREATE TYPE, or remove it and write '
                || 'it anew: flask db enum sync';
    END IF;
END
""")


def lock_tables(tables: Sequence[Name]) -> str:
    """Return a block that locks tables, or fails with 55P03 and says who is in the way.

    Partitions and children are locked along with their parents. What could be locked before the
    time was up is released again when the block fails.
    """
    listed = ", ".join(map(qualified, tables))
    shown = ", ".join(map(str, tables))
    relations = ", ".join(f"({literal(qualified(table))}::regclass::oid)" for table in tables)
    return _do(f"""
DECLARE
    holders text;
    remedy text;
BEGIN
    LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE;
EXCEPTION WHEN lock_not_available THEN
    WITH RECURSIVE wanted (relation) AS (
        VALUES {relations}
        UNION SELECT h.inhrelid FROM pg_inherits h JOIN wanted ON h.inhparent = wanted.relation
    ), holder AS (
        SELECT l.pid, l.virtualtransaction AS id,
            string_agg(DISTINCT l.mode || ' on ' || l.relation::regclass, ', ') AS locks
        FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.granted AND l.relation IN (SELECT relation FROM wanted)
          AND l.pid IS DISTINCT FROM pg_backend_pid()
        GROUP BY l.pid, l.virtualtransaction
    )
    SELECT string_agg(coalesce(
            'process ' || h.pid || ' (role ' || coalesce(a.usename, '?') || ', application '
                || coalesce(nullif(a.application_name, ''), '?') || ') holds ' || h.locks || ', '
                || coalesce(a.state, 'in a state that only its own role may see')
                || coalesce(' since ' || a.state_change::timestamptz(0), '')
                || ', its query ' || left(a.query, 200),
            'the prepared transaction ' || quote_literal(p.gid) || ' holds ' || h.locks,
            'process ' || h.pid || ' holds ' || h.locks), '; '),
        string_agg(coalesce(
            'SELECT pg_terminate_backend(' || h.pid || ')',
            'ROLLBACK PREPARED ' || quote_literal(p.gid)), '; ')
    INTO holders, remedy
    FROM holder h LEFT JOIN pg_stat_activity a ON a.pid = h.pid
    LEFT JOIN (pg_locks x JOIN pg_prepared_xacts p ON p.transaction = x.transactionid)
        ON x.virtualtransaction = h.id AND x.pid IS NULL AND h.pid IS NULL;
    RAISE lock_not_available USING
        MESSAGE = {literal(f"No lock on {shown} within ")} || current_setting('lock_timeout')
            || ', so no table was changed' || coalesce('. In the way is ' || holders, ''),
        HINT = 'Run the upgrade again when it is free' || coalesce(', or end what holds it by '
            || remedy, '');
END
""")


def copy_type_properties(pairs: Sequence[tuple[Name, Name]]) -> str:
    """Return a block that gives types the owner, privileges, comment and labels of others.

    It reads them when it runs, because roles differ from one database to the next. What default
    privileges gave a new type is taken back first; grants are made by whoever made them.

    :param pairs: the old type and the new one of each.
    """
    types = _values(f"({literal(qualified(old))}, {literal(qualified(new))})" for old, new in pairs)
    grantee = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
    return _do(f"""
DECLARE
    command text;
    own_role text := CASE current_setting('role') WHEN 'none' THEN 'none'
        ELSE quote_ident(current_setting('role')) END;
BEGIN
    FOR command IN
        WITH RECURSIVE type AS (
            SELECT name, was.oid, was.typowner AS owner, new.typowner AS new_owner,
                was.typacl IS DISTINCT FROM new.typacl AS differs,
                coalesce(was.typacl, acldefault('T', was.typowner)) AS acl,
                coalesce(new.typacl, acldefault('T', was.typowner)) AS new_acl
            FROM {types} pair (old, name)
            JOIN pg_type was ON was.oid = to_regtype(old)
            JOIN pg_type new ON new.oid = to_regtype(name)
        ), privilege AS (
            SELECT name, owner, a.* FROM type, aclexplode(acl) a WHERE differs
        ), may_grant (name, role, depth) AS (
            SELECT name, owner, 0 FROM type
            UNION SELECT p.name, p.grantee, m.depth + 1
            FROM may_grant m JOIN privilege p ON p.name = m.name AND p.grantor = m.role
            WHERE p.is_grantable AND p.grantee <> p.owner
        )
        SELECT 'ALTER TYPE ' || name || ' OWNER TO ' || owner::regrole
        FROM type WHERE owner <> new_owner
        UNION ALL
        SELECT 'REVOKE ALL ON TYPE ' || name || ' FROM ' || {grantee}
        FROM type, LATERAL (SELECT grantee FROM aclexplode(new_acl) UNION SELECT owner) a
        WHERE differs
        UNION ALL
        (SELECT step.sql
         FROM privilege a, LATERAL (
            SELECT min(depth) FROM may_grant m WHERE m.name = a.name AND m.role = a.grantor
         ) may (depth), LATERAL (
            VALUES (1, 'SET LOCAL ROLE ' || a.grantor::regrole),
                   (2, 'GRANT USAGE ON TYPE ' || name || ' TO ' || {grantee}
                    || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
                   (3, 'SET LOCAL ROLE ' || own_role)
         ) step (place, sql)
         WHERE place = 2 OR a.grantor <> owner
         ORDER BY depth, name, a.grantor, a.grantee, place)
        UNION ALL
        SELECT 'COMMENT ON TYPE ' || name || ' IS ' || quote_literal(comment)
        FROM type, obj_description(oid, 'pg_type') comment WHERE comment IS NOT NULL
        UNION ALL
        SELECT 'SECURITY LABEL FOR ' || quote_ident(l.provider) || ' ON TYPE ' || name || ' IS '
            || quote_literal(l.label)
        FROM type JOIN pg_seclabel l ON l.classoid = 'pg_type'::regclass AND l.objoid = type.oid
    LOOP
        EXECUTE command;
    END LOOP;
END
""")


def set_triggers(table: Name, constraint: str, states: Sequence[Sequence[str]]) -> str:
    """Return a block that disables a foreign key's own triggers, whatever they are called now.

    :param states: table, function and ``pg_trigger.tgenabled`` of each.
    """
    listed = ", ".join(f"({', '.join(map(literal, state))})" for state in states)
    return _do(f"""
DECLARE
    command text;
BEGIN
    FOR command IN
        WITH RECURSIVE whole (oid) AS (
            SELECT oid FROM pg_constraint
            WHERE conrelid = {literal(qualified(table))}::regclass
              AND conname = {literal(constraint)}
            UNION ALL SELECT p.oid FROM pg_constraint p JOIN whole ON p.conparentid = whole.oid)
        SELECT format('ALTER TABLE %s %s TRIGGER %I', t.tgrelid::regclass,
            CASE w.state WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
            ELSE 'ENABLE ALWAYS' END, t.tgname)
        FROM (VALUES {listed}) w (relation, function, state)
        JOIN pg_trigger t ON t.tgrelid = w.relation::regclass AND t.tgfoid = w.function::regproc
        JOIN whole ON t.tgconstraint = whole.oid
    LOOP
        EXECUTE command;
    END LOOP;
END
""")


def rename_partition_index(parent: str, table: Name, name: Name, comment: str | None) -> str:
    """Return a block that names and comments a partition's index, whatever it is called now.

    :param parent: the index of the partitioned table, as ``regclass`` prints it.
    """
    renamed = literal(f" RENAME TO {identifier(name.name)}")
    remark = ""
    if comment:
        remark = f"\n    COMMENT ON INDEX {qualified(name)} IS {literal(comment)};"
    body = f"""
DECLARE
    current regclass;
BEGIN
    SELECT h.inhrelid INTO STRICT current
    FROM pg_inherits h JOIN pg_index x ON x.indexrelid = h.inhrelid
    WHERE h.inhparent = to_regclass({literal(parent)})
      AND x.indrelid = to_regclass({literal(qualified(table))});
    IF current IS DISTINCT FROM to_regclass({literal(qualified(name))}) THEN
        EXECUTE 'ALTER INDEX ' || current || {renamed};
    END IF;{remark}
END
"""
    return _do(body)


def convert_function(name: Name, old_type: Name, new_type: Name, expression: str) -> str:
    """Return ``CREATE FUNCTION`` for one that turns a ``value`` of one type into another.

    :param expression: the new value, as SQL.
    """
    old, new = qualified(old_type), qualified(new_type)
    body = _quoted(f"\nSELECT {expression}\n")
    return (
        f"CREATE FUNCTION {qualified(name)}(value {old}) RETURNS {new}"
        f" LANGUAGE sql IMMUTABLE AS {body}"
    )


def _listed(texts: Sequence[str]) -> str:
    """Return literals, on several lines where there are many."""
    lines: list[str] = []
    for item in map(literal, texts):
        if lines and len(lines[-1]) + len(item) < 80:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return ",\n                    ".join(lines)


def _values(rows: Iterable[str]) -> str:
    """Return ``VALUES``, each row on a line of its own."""
    return "(VALUES " + ",\n                ".join(rows) + ")"


def _do(body: str) -> str:
    return f"DO {_quoted(body)}"


def _quoted(body: str) -> str:
    tag = "$$"
    number = 0
    while tag in body:
        number += 1
        tag = f"$enum{number}$"
    return f"{tag}{body}{tag}"
