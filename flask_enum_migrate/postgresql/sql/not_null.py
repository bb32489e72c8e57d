"""NOT NULL constraints of families of tables, which have names since PostgreSQL 18.

It fails to build one anew along with its column where a child's is called otherwise than that of
its parent, or loses the child's name, and comments of children. What they are called belongs to the
database where a revision runs: it is read there, and older servers have nothing to read.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...core.schema import Place
from .quoting import literal
from .quoting import regclass
from .quoting import wrapped

DECLARED = ("dropped text;", "named text;")


def drop(tops: Sequence[Place]) -> str:
    """Return the statements that drop those that PostgreSQL can't carry along, from the top down.

    What creates all again, with what was said about any, is in the block's variable ``named`` then:
    children whose name is their own come first; of several parents the one whose name the child
    has. Those of a primary key, or of an index that is the replica identity, can't be dropped: such
    a one is refused. Families whose names are alike are left alone.

    :param tops: the columns that no parent hands down.
    """
    rows = ", ".join(f"({regclass(table)}::regclass::oid, {literal(name)})" for table, name in tops)
    table, name = "n.oid::regclass::text", "quote_ident(n.name)"
    lines = [
        f"WITH RECURSIVE tree (oid, col, depth) AS (SELECT w.*, 1 FROM (VALUES {rows}) w",
        "        UNION SELECT inhrelid, col, depth + 1",
        "        FROM pg_inherits JOIN tree ON inhparent = tree.oid),",
        "    n AS (SELECT tree.oid, col, max(depth) AS depth, k.oid AS id, conname::text AS name,",
        "            conislocal, EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid",
        "                AND (indisprimary OR indisreplident)",
        "                AND conkey[1] = ANY (indkey::int2[])) AS key",
        "        FROM tree JOIN pg_attribute ON attrelid = tree.oid AND attname::text = col",
        "        JOIN pg_constraint k ON conrelid = attrelid AND contype = 'n'",
        "            AND conkey[1] = attnum",
        "        WHERE NOT connoinherit GROUP BY tree.oid, col, k.oid),",
        "    own AS (SELECT n.id, n.name, bool_or(n.key OR p.key) AS key,",
        "            bool_and(p.name <> n.name) AS unlike",
        "        FROM n JOIN pg_inherits ON inhrelid = n.oid",
        "        JOIN n p ON p.oid = inhparent AND p.col = n.col",
        "        GROUP BY n.id, n.name HAVING bool_or(p.name <> n.name)),",
        "    kin AS (SELECT n.oid, col FROM n JOIN own USING (id) UNION SELECT n.oid, col FROM kin",
        "        JOIN pg_inherits ON kin.oid IN (inhrelid, inhparent) JOIN n USING (col)",
        "        WHERE n.oid IN (inhrelid, inhparent))",
        f"SELECT string_agg('ALTER TABLE ' || {table} || ' DROP CONSTRAINT IF EXISTS ' || {name},",
        "        '; ' ORDER BY depth) FILTER (WHERE NOT n.key AND kin.oid IS NOT NULL),",
        f"    pg_catalog.concat_ws('; ', string_agg('ALTER TABLE ' || {table}",
        f"            || ' ADD CONSTRAINT ' || {name} || ' ' || pg_get_constraintdef(n.id), '; '",
        "            ORDER BY own.unlike IS TRUE DESC, n.name IN (SELECT own.name FROM own",
        "                WHERE NOT unlike) DESC, depth DESC)",
        "        FILTER (WHERE NOT n.key AND kin.oid IS NOT NULL AND (conislocal OR unlike)),",
        f"        string_agg('COMMENT ON CONSTRAINT ' || {name} || ' ON ' || {table} || ' IS '",
        "            || quote_literal(obj_description(n.id, 'pg_constraint'::name)), '; ')),",
        f"    string_agg({name} || ' ON ' || {table}, ', ') FILTER (WHERE own.key)",
        "INTO dropped, named, found FROM n LEFT JOIN own USING (id)",
        "    LEFT JOIN kin ON kin.oid = n.oid AND kin.col = n.col;",
        "IF found IS NOT NULL THEN RAISE object_not_in_prerequisite_state USING MESSAGE =",
        f"    {literal(_REFUSED)} || found,",
        f"    HINT = {literal(_ADVICE)}; END IF;",
        "EXECUTE coalesce(dropped, 'SELECT')",
    ]
    return "\n".join(part for line in lines for part in wrapped(line).split("\n"))


_REFUSED = (
    "The NOT NULL constraint of a primary key or replica identity must be called as its parent's, "
    "to change along: "
)
_ADVICE = "Take the table off its parent, rename its constraint, and put it back"


def create() -> str:
    """Return the statement that creates again what :func:`drop` dropped."""
    return "EXECUTE coalesce(nullif(named, ''), 'SELECT')"
