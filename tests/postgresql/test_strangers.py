"""Operators and functions that somebody else put into the search path are never called by us.

Each stands for types that PostgreSQL has none of its own for, so that it would be preferred to one
that needs a cast. Queries of SQLAlchemy and Alembic call them, and are let through.
"""

from __future__ import annotations

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
    "array_replace pg_get_viewdef pg_get_constraintdef array_append to_char"
)
TAKES_ONE = (
    "unnest array_agg json_agg count quote_ident quote_literal to_regclass aclexplode pg_sleep min "
    "max pg_get_userbyid pg_get_viewdef pg_get_functiondef pg_get_indexdef pg_get_constraintdef "
    "pg_get_triggerdef pg_get_ruledef row_to_json to_json json_build_array format sum "
    "current_setting pg_terminate_backend array_length cardinality length chr lower"
)
TROJANS = """
DO $do$ DECLARE pool text[] := '{{{types}}}'; op text; l text; r text; n int := 0; texts text;
BEGIN
    FOREACH l IN ARRAY pool LOOP
        FOREACH r IN ARRAY pool LOOP
            n := n + 1;
            EXECUTE format('CREATE FUNCTION public.trojan%s(%s, %s) RETURNS boolean '
                || 'LANGUAGE plpgsql AS $$BEGIN '
                || 'IF current_query() !~ ''pg_catalog[.]pg_[a-z]+[.]|alembic_version'' '
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
END $do$
"""
MAKE = """
CREATE PROCEDURE public.trojan(called text, args text) LANGUAGE plpgsql AS $p$ BEGIN
    IF to_regprocedure(format('pg_catalog.%I(%s)', called, args)) IS NULL THEN
        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS '
            || '''BEGIN RAISE EXCEPTION ''''trojan %s(%s)''''; END''', called, args, called, args);
    END IF;
END $p$
"""


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
        MAKE,
        "SET search_path TO ''; "
        + TROJANS.format(types=TYPES, operators=OPERATORS, two=TAKES_TWO, one=TAKES_ONE),
        labels=["a", "b", "c"],
    )
    for hanging in ((), (STATES, *HANGING)):
        project.sql(*hanging)
        known = project.revisions()
        schema = project.dump()
        project.models(MODELS.format("db.Enum('x', 'y', name='kind')"), labels=["b", "a", "d"])
        project.db("enum", "check", expect=1)
        project.db("enum", "list")
        project.sync("--map", "c=a", "--downgrade-map", "d=a", "--drop-unused", "--rehearse")
        project.db("upgrade")
        project.db("enum", "check")
        project.db("downgrade")
        assert project.dump() == schema
        next(path for path in project.revisions() if path not in known).unlink()
