"""Labels inside of rows, ranges, multiranges and arrays of them: counted, and refused by name."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import DBAPIError

from tests.project import Project

MODEL = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(sa.Enum(*LABELS, name="mood"))
"""
BEFORE, AFTER = ["bad", "gone", "ok"], ["bad", "ok"]
TYPES = (
    'CREATE TYPE pair AS (one mood, "the Other" mood, note text)',
    "CREATE DOMAIN some_pair AS pair",
    "CREATE DOMAIN few AS mood CHECK (VALUE <> 'bad')",
    "CREATE TYPE deep AS (p pair, ps pair[], f few, fs few[])",
    "CREATE TYPE span AS RANGE (SUBTYPE = mood)",
    "CREATE TABLE other (id int, mood mood)",
    "CREATE TABLE held (id int, pair pair, pairs pair[], dpair some_pair, deep deep, span span,"
    " spans span_multirange, many span[], row_ other, rows_ other[])",
)
VALUES = {
    "pair": "'(ok,gone,)'",
    "pairs": "ARRAY['(ok,ok,)', '(gone,,)']::pair[]",
    "dpair": "'(,gone,gone)'",
    "deep": "ROW(NULL, ARRAY['(,gone,)']::pair[], NULL, NULL)",
    "span": "'[bad,gone)'",
    "spans": "'{[bad,gone)}'",
    "many": "ARRAY['[gone,gone]']::span[]",
    "row_": "'(1,gone)'",
    "rows_": "ARRAY['(1,gone)']::other[]",
}
# In each of them, a text that is no label, and NULL at any depth.
HARMLESS = (
    "INSERT INTO held (id, pair, pairs, dpair, deep, span, spans, many, row_, rows_) VALUES"
    " (1, '(ok,bad,gone)', ARRAY['(ok,,gone)', NULL]::pair[], '(,,gone)',"
    " ROW(NULL, ARRAY[NULL]::pair[], 'ok', '{ok,NULL}'), '[bad,ok)', '{[bad,ok),[ok,ok]}',"
    " ARRAY['(,)', 'empty', NULL]::span[], '(1,ok)', ARRAY['(1,)']::other[]), (2)"
)


def test_what_holds_it_is_counted(project: Project) -> None:
    project.start(MODEL, *TYPES, HARMLESS.replace(", (2)", ""), LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    source = project.round_trip()
    assert "could not tell" not in project.sync().stderr
    for column in VALUES:
        assert f"public.held.{column} holds ''gone'' inside of " in source


@pytest.mark.parametrize("column", VALUES)
def test_what_holds_it_is_named(one_project: Project, column: str) -> None:
    one_project.start(MODEL, *TYPES, LABELS=BEFORE)
    one_project.models(MODEL, LABELS=AFTER)
    one_project.sync()
    one_project.sql(f"INSERT INTO held (id, {column}) VALUES (1, {VALUES[column]})")
    before = one_project.dump(), one_project.contents()
    with pytest.raises(DBAPIError, match=rf"public\.held\.{column} holds 'gone' inside of "):
        one_project.db("upgrade")
    assert (one_project.dump(), one_project.contents()) == before
    next(one for one in one_project.revisions() if "Remove gone" in one.read_text()).unlink()
    for answer in ((), ("--map", "mood.gone=ok")):
        refused = one_project.sync(*answer, expect=1).stderr
        assert re.search(
            rf"public.mood loses the label 'gone', which 1 row of public.held.{column} inside of "
            r"[\w.]+(\[\])? holds. Nothing can be mapped inside of rows and ranges: change ",
            refused,
        )
        [query] = re.findall("To see them: (.*;)", refused)
        assert [id_ for id_, *_ in one_project.rows(query)] == [1]
    one_project.sql(f"UPDATE held SET {column} = NULL")
    one_project.round_trip()


def test_the_way_back_names_it_too(project: Project) -> None:
    project.start(MODEL, *TYPES, LABELS=AFTER)
    project.models(MODEL, LABELS=BEFORE)
    project.sync()
    project.db("upgrade")
    project.sql("INSERT INTO held (id, pair) VALUES (1, '(ok,gone,)')")
    with pytest.raises(DBAPIError, match=r"public\.held\.pair holds 'gone' inside of "):
        project.db("downgrade")
    assert project.labels("mood") == BEFORE


def test_plain_columns_are_mapped_beside_them(project: Project) -> None:
    project.start(MODEL, *TYPES, "INSERT INTO entry VALUES (1, 'gone'), (2, NULL)", LABELS=BEFORE)
    project.models(MODEL, LABELS=AFTER)
    project.round_trip("--map", "mood.gone=ok", merges=True)
    assert project.rows("SELECT mood::text FROM entry ORDER BY id") == [("ok",), (None,)]
