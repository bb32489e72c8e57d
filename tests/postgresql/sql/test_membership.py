"""Lists of labels in deparsed expressions, whatever else stands there."""

from __future__ import annotations

import pytest

from flask_enum_migrate.core.schema import Name
from flask_enum_migrate.postgresql.sql.membership import array_default
from flask_enum_migrate.postgresql.sql.membership import array_without
from flask_enum_migrate.postgresql.sql.membership import without

S, QUOTED = Name("public", "s"), Name("A schema", 'S"')
LABELS: dict[str, str | None] = {"gone": None, "old": "new", "it's": None, "b,c": None}
GONE = {S: LABELS, QUOTED: LABELS}


@pytest.mark.parametrize(
    ("sql", "becomes"),
    [
        ("ANY (ARRAY['a'::public.s, 'gone'::public.s])", "ANY (ARRAY['a'::public.s])"),
        ("ANY (ARRAY['gone'::public.s, 'b'::public.s])", "ANY (ARRAY['b'::public.s])"),
        ("ANY (ARRAY['it''s'::public.s, 'b'::public.s])", "ANY (ARRAY['b'::public.s])"),
        (
            "ANY (ARRAY['old'::public.s, 'b'::public.s])",
            "ANY (ARRAY['new'::public.s, 'b'::public.s])",
        ),
        ("ANY (ARRAY['old'::public.s, 'new'::public.s])", "ANY (ARRAY['new'::public.s])"),
        ("ANY (ARRAY['gone'::public.s, NULL::public.s])", "ANY (ARRAY[NULL::public.s])"),
        (
            "ANY (ARRAY['gone'::public.s, f('gone'::public.s, 1)])",
            "ANY (ARRAY[f('gone'::public.s, 1)])",
        ),
        ("ANY ('{a,gone,\"b,c\"}'::public.s[])", "ANY ('{a}'::public.s[])"),
        (
            'ANY (ARRAY[\'a\'::"A schema"."S""", \'gone\'::"A schema"."S"""])',
            'ANY (ARRAY[\'a\'::"A schema"."S"""])',
        ),
    ],
)
def test_a_list_loses_what_goes(sql: str, becomes: str) -> None:
    for operator in ("= ", "<> "):
        word = operator + (sql if operator == "= " else sql.replace("ANY", "ALL"))
        wanted = operator + (becomes if operator == "= " else becomes.replace("ANY", "ALL"))
        around = "(x {}) AND (note <> ' = ANY (ARRAY[''gone''::public.s])'::text)"
        assert without(around.format(word), GONE) == around.format(wanted)


@pytest.mark.parametrize(
    "sql",
    [
        "(x = ANY (ARRAY['gone'::public.s]))",
        "(x <> ALL ('{gone,\"b,c\"}'::public.s[]))",
        "(x = 'gone'::public.s)",
        "(x = ANY (ARRAY['gone'::public.other, 'a'::public.other]))",
        "((x)::text = ANY (ARRAY['gone'::text, 'a'::text]))",
        "((x)::text = ANY ((ARRAY['gone'::character varying, 'a'::character varying])::text[]))",
        "(x @> ARRAY['gone'::public.s, 'a'::public.s])",
        "(x = ANY (ARRAY[ARRAY['gone'::public.s], ARRAY['a'::public.s]]))",
        "(x = ANY ('{{gone},{a}}'::public.s[]))",
        "(x >= ANY (ARRAY['gone'::public.s, 'a'::public.s]))",
        "(x <= ANY ('{gone,a}'::public.s[]))",
        "(x <> ANY (ARRAY['gone'::public.s, 'a'::public.s]))",
        "(x = ALL (ARRAY['gone'::public.s, 'a'::public.s]))",
        "$_$ x = ANY (ARRAY['gone'::public.s, 'a'::public.s]) $_$",
        "' x = ANY (ARRAY[''gone''::public.s, ''a''::public.s])'::text",
        "\"x = ANY (ARRAY['gone'::public.s, 'a'::public.s])\"",
    ],
)
def test_all_else_stays(sql: str) -> None:
    assert without(sql, GONE) == sql


def test_arrays_are_compared_with_lists_too() -> None:
    sql = "(x <@ ARRAY['a'::public.s, 'gone'::public.s]) OR (x && '{gone,a}'::public.s[])"
    assert without(sql, GONE) == "(x <@ ARRAY['a'::public.s]) OR (x && '{a}'::public.s[])"


def test_elements_of_arrays() -> None:
    assert array_without("{a,gone,NULL}", LABELS) == "{a,NULL}"
    assert array_without('{"gone","NULL"}', LABELS) == '{"NULL"}'
    assert array_without("[2:3]={a,gone}", LABELS) == "[2:3]={a,gone}"
    assert array_default("'{gone}'::public.s[]", GONE) == "'{}'::public.s[]"
    assert array_default("ARRAY['a'::public.s, 'gone'::public.s]", GONE) == "ARRAY['a'::public.s]"
    assert array_default("ARRAY['gone'::public.s]", GONE) == "ARRAY['gone'::public.s]"
