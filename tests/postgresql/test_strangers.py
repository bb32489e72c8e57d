"""Operators and functions that somebody else put into the search path are never called by us.

Each stands for types that PostgreSQL has none of its own for, so that it would be preferred to one
that needs a cast. Queries of SQLAlchemy and Alembic call them, and are let through.
"""

from __future__ import annotations

from collections.abc import Collection

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.project import Project

MODELS = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), unique=True)
    tags = db.Column(pg.ARRAY(db.Enum(*labels, name="state")))
    note = db.Column({})
"""
TYPES = (
    'oid,regclass,regtype,regrole,name,text,varchar,\\"char\\",smallint,integer,numeric,boolean,'
    "text[],oid[],aclitem[]"
)
OPERATORS = "= <> < > || ~ !~ / + && <@"
TAKES_TWO = (
    "string_agg format acldefault obj_description col_description pg_get_expr left "
    "pg_has_role has_schema_privilege set_config json_build_array json_object_agg format_type "
    "array_replace pg_get_viewdef pg_get_constraintdef array_append to_char array_lower"
)
TAKES_ONE = (
    "unnest array_agg json_agg count quote_ident quote_literal to_regclass aclexplode pg_sleep min "
    "max pg_get_userbyid pg_get_viewdef pg_get_functiondef pg_get_indexdef pg_get_constraintdef "
    "pg_get_triggerdef pg_get_ruledef row_to_json to_json json_build_array format sum "
    "current_setting pg_terminate_backend array_length cardinality length chr lower "
    "pg_total_relation_size pg_relation_size pg_partition_tree enum_out array_out"
)
TROJANS = """
DO $do$ DECLARE pool text[] := '{{{types}}}'; op text; l text; r text; n int := 0; texts text;
BEGIN
    FOREACH l IN ARRAY pool LOOP
        FOREACH r IN ARRAY pool LOOP
            n := n + 1;
            EXECUTE format('CREATE FUNCTION public.trojan%s(%s, %s) RETURNS boolean '
                || 'LANGUAGE plpgsql AS $$BEGIN '
                || 'IF current_query() !~ ''{others}'' '
                || 'THEN RAISE EXCEPTION ''trojan of %s and %s''; END IF; '
                || 'RETURN $1::text = $2::text; END$$', n, l, r, l, r);
            FOREACH op IN ARRAY string_to_array('{operators}', ' ') LOOP
                IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = op
                    AND oprleft = l::regtype AND oprright = r::regtype) THEN
                    EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, '
                        || 'FUNCTION = public.trojan%s)', op, l, r, n);
                END IF;
            END LOOP;
            FOREACH op IN ARRAY string_to_array('{two}', ' ') LOOP
                CALL public.trojan(op, l || ',' || r);
            END LOOP;
        END LOOP;
        FOREACH op IN ARRAY string_to_array('{one}', ' ') LOOP
            CALL public.trojan(op, l);
        END LOOP;
    END LOOP;
    FOR n IN 1..9 LOOP
        CALL public.trojan('concat_ws', rtrim(repeat('text,', n), ','));
        CALL public.trojan('concat', rtrim(repeat('text,', n), ','));
    END LOOP;
    CALL public.trojan('concat_ws', 'text,text,integer,name,text,text,text');
    CALL public.trojan('set_config', 'text,varchar,boolean');
    FOREACH l IN ARRAY pool LOOP
        IF l || '[]' = ANY (pool) THEN
            CALL public.trojan('array_replace', format('%s[],%s,%s', l, l, l));
        END IF;
    END LOOP;
END $do$
"""
OTHERS = "pg_catalog[.]pg_[a-z]+[.]|alembic_version|^select c.relname, a.attname from pg_class"
MAKE = """
CREATE PROCEDURE public.trojan(called text, args text) LANGUAGE plpgsql AS $p$ BEGIN
    IF to_regprocedure(format('pg_catalog.%I(%s)', called, args)) IS NULL THEN
        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS '
            || '''BEGIN RAISE EXCEPTION ''''trojan %s(%s)''''; END''', called, args, called, args);
    END IF;
END $p$
"""


def trojans(types: str = TYPES, but: Collection[str] = ()) -> tuple[str, str]:
    """Return the statements that make them all.

    :param types: those that they take.
    :param but: the functions that are left as they are, as others call them.
    """
    two, one = (
        " ".join(name for name in names.split() if name not in but)
        for names in (TAKES_TWO, TAKES_ONE)
    )
    made = TROJANS.format(types=types, operators=OPERATORS, two=two, one=one, others=OTHERS)
    return MAKE, f"SET search_path TO ''; {made}"


STATES = """
CREATE FUNCTION of_states(state, state) RETURNS boolean LANGUAGE plpgsql
AS 'BEGIN RAISE EXCEPTION ''trojan of states''; END'
"""
HANGING = (
    "CREATE OPERATOR public.= (LEFTARG = state, RIGHTARG = state, FUNCTION = of_states)",
    "CREATE OPERATOR public.<> (LEFTARG = state, RIGHTARG = state, FUNCTION = of_states)",
    "CREATE OPERATOR public.< (LEFTARG = state, RIGHTARG = state, FUNCTION = of_states)",
    "COMMENT ON COLUMN job.state IS 'kept'",
    "CREATE VIEW v AS SELECT id, state FROM job",
    "COMMENT ON COLUMN v.id IS 'kept'",
    "GRANT SELECT (id) ON v TO pg_monitor",
    "CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE child () INHERITS (job)",
    "CREATE DOMAIN d AS state",
)


def test_none_of_them_is_called(one_project: Project) -> None:
    """Neither where it is looked, nor in the revision, there and back."""
    project = one_project
    project.start(
        MODELS.format("db.Text"),
        "INSERT INTO job VALUES (1, 'a', '{a,c}', 'x')",
        "CREATE TYPE lonely AS ENUM ('a')",
        "GRANT USAGE ON TYPE lonely TO pg_monitor",
        *trojans(),
        labels=["a", "b", "c"],
    )
    for hanging in ((), (STATES, *HANGING)):
        project.sql(*hanging)
        known = project.revisions()
        schema = project.dump()
        project.models(MODELS.format("db.Enum('x', 'y', name='kind')"), labels=["b", "a", "d"])
        project.db("enum", "check", expect=1)
        project.db("enum", "list")
        answers = ("--map", "c=a", "--downgrade-map", "d=a", "--drop-unused")
        assert "could not tell" not in project.sync(*answers, "--rehearse").stderr
        project.db("upgrade")
        project.db("enum", "check")
        project.db("downgrade")
        assert project.dump() == schema
        next(path for path in project.revisions() if path not in known).unlink()


CHECKED = """
class Task(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    st = db.Column(db.Enum(*labels, native_enum=False, create_constraint=True, name="st"),
        server_default="a")
    bare = db.Column(db.Enum("x", "y", native_enum=False, name="bare"{}))
"""


def test_none_of_them_is_called_for_checks(one_project: Project) -> None:
    project = one_project
    project.start(
        CHECKED.format(""),
        "INSERT INTO task VALUES (1, 'a', 'x'), (2, 'c', 'y')",
        *trojans("oid,regclass,name,text,varchar,integer,numeric"),
        labels=["a", "b", "c"],
    )
    schema = project.dump()
    project.models(CHECKED.format(", create_constraint=True"), labels=["b", "a", "longer"])
    project.db("enum", "check", "--rows", expect=1)
    project.db("enum", "list")
    assert "could not tell" not in project.sync("--map", "c=a", "--rehearse").stderr
    project.db("upgrade")
    project.db("enum", "check")
    project.sql("INSERT INTO task VALUES (3, 'a', 'x')")  # nor by what was made
    project.db("downgrade")
    assert project.dump() == schema.replace("st character varying(1)", "st character varying(6)")


OWN = "oid,regclass,name,text,integer,bigint,numeric,text[]"
OWN += "".join(f",public.{name},public.{name}[]" for name in ("state", "kind"))
KIND = "db.Enum('x', 'y', name='kind')"


@pytest.mark.parametrize("before", [True, False])
def test_none_of_them_is_called_that_takes_our_types(one_project: Project, before: bool) -> None:
    """Whether they were there when the revision was written, or where it runs only."""
    project = one_project
    rows = "INSERT INTO job VALUES (1, 'a', '{a,c}', 'x'), (2, 'c', '{c}', NULL)"
    project.start(MODELS.format(KIND), rows, labels=["a", "b", "c"])
    first, last = ((), trojans(OWN))[::-1] if before else ((), trojans(OWN))
    project.sql(*first)
    schema = project.dump()
    project.models(MODELS.format(f"pg.ARRAY({KIND})"), labels=["a", "b"])
    said = project.sync("--retire", "c", "--map", "c=b", "--rehearse").stderr
    assert "could not tell" not in said
    project.sql(*last)
    project.db("upgrade")
    held = "SELECT state::text, tags::text, note::text FROM job ORDER BY id"
    assert project.rows(held) == [("a", "{a,b}", "{x}"), ("b", "{b}", None)]
    project.db("enum", "check")
    project.db("downgrade")
    assert project.dump() == schema or not before


def test_none_of_them_is_called_by_migrate(one_project: Project) -> None:
    project = one_project
    project.start(MODELS.format(KIND), labels=["a", "b", "c"])
    theirs = "array_agg unnest min max count json_agg pg_get_constraintdef pg_get_indexdef"
    project.sql(*trojans(OWN, theirs.split()))
    more = MODELS.format("db.Enum('z', name='new')") + MODELS.format(KIND).replace("Job", "Other")
    for source in (more, MODELS.format("db.Text")):
        project.models(source, labels=["a", "b"])
        assert "could not tell" not in project.db("migrate").stderr
        project.db("upgrade")
        project.db("enum", "check")


@pytest.mark.parametrize("flags", [("--map", "c=a"), ("--retire", "c", "--map", "c=a")])
def test_none_of_them_is_called_where_somebody_is_in_the_way(
    one_project: Project, flags: tuple[str, ...]
) -> None:
    project = one_project
    project.driver = "psycopg"  # SQLAlchemy calls its strings varchar
    project.options["lock_timeout"] = "300ms"
    project.start(
        MODELS.format("db.Text"),
        "INSERT INTO job VALUES (1, 'c')",
        *trojans("oid,name,text,integer,bigint,numeric,interval,timestamptz"),
        labels=["a", "b", "c"],
    )
    project.models(MODELS.format("db.Text"), labels=["a", "b"])
    assert "could not tell" not in project.sync(*flags).stderr  # it was no trojan's error
    with psycopg.connect(project.url) as other:
        other.execute("SELECT FROM job")
        with pytest.raises(DBAPIError, match=r"No lock on (public\.)?job in time"):
            project.db("upgrade")
