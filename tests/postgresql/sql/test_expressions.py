"""Labels and types are followed through everything that PostgreSQL deparses, or refused by name."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.kinds import MODEL
from tests.kinds import ROWS
from tests.project import Project

LABELS = ["bad", "gone", "ok", "good"]
TRIGGER_FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
RENAMED = ["good", "awful", "gone", "ok"]


@pytest.mark.parametrize(
    ("setup", "named"),
    [
        (
            "CREATE FUNCTION g(a text DEFAULT E'x\\nAS y', m mood DEFAULT '{label}')"
            " RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function public.g(",
        ),
        (
            "CREATE FUNCTION g(\"a\nAS b\" text, m mood DEFAULT '{label}')"
            " RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
            "function public.g(",
        ),
        (
            "CREATE FUNCTION g(m mood) RETURNS bool LANGUAGE sql"
            " BEGIN ATOMIC SELECT E'x\\nAS y' <> 'q' AND m = '{label}'::mood; END",
            "function public.g(",
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW WHEN"
            " (NEW.note <> 'an EXECUTE b' AND NEW.mood = '{label}') EXECUTE FUNCTION f('gone')",
            "trigger t on public.entry",
        ),
    ],
    ids=["default", "name of an argument", "body", "trigger"],
)
def test_quoted_text_ends_no_expressions(project: Project, setup: str, named: str) -> None:
    start = "ALTER TABLE entry ADD note text"
    project.start(MODEL, ROWS, TRIGGER_FUNCTION, start, LABELS=LABELS)
    project.sql(setup.replace("{label}", "gone"))
    project.models(MODEL, LABELS=["good", "bad", "ok"])
    refused = project.sync(expect=1).stderr
    assert named in refused
    assert "hangs on it, and it names 'gone'." in refused
    if named.startswith("function"):
        project.sql("DROP FUNCTION g")
    else:
        project.sql("DROP TRIGGER t ON entry")
    project.sql(setup.replace("{label}", "bad"))
    project.models(MODEL, LABELS=RENAMED)
    project.round_trip("--rename", "bad=awful")


TWO_TYPES = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    mood = db.Column(db.Enum(*MOODS, name="mood"), nullable=False)
    color = db.Column(db.Enum(*COLORS, name="color"))
"""
MOODS, COLORS = ["gone", "bad", "ok", "good"], ["off", "red", "blue"]


def start_two_types(project: Project, names: str) -> None:
    """Create both types, and a default of the one that names a label of the other."""
    project.start(
        TWO_TYPES,
        "INSERT INTO entry (mood, color) VALUES ('ok', 'red')",
        f"ALTER TABLE entry ALTER mood SET DEFAULT"
        f" CASE WHEN '{names}'::color = 'red' THEN 'ok'::mood ELSE 'bad' END",
        "CREATE TABLE child () INHERITS (entry)",
        "ALTER TABLE child ALTER mood SET DEFAULT ('{ok,bad}'::mood[])[1]",
        MOODS=MOODS,
        COLORS=COLORS,
    )


@pytest.mark.parametrize(
    ("moods", "colors", "flags"),
    [
        ([*MOODS, "x"], ["blue", "red", "off"], ()),
        ([*MOODS, "x"], ["azure", "red", "off"], ("--rename", "blue=azure")),
        (["gone", "awful", "ok", "good"], ["blue", "red"], ("--rename", "bad=awful")),
        (["bad", "ok", "good"], ["blue", "red", "off"], ()),
        (["bad", "ok", "good"], [*COLORS, "green"], ()),
        (["bad", "ok", "good"], ["off", "red"], ("--map", "color.blue=red")),
        ([*MOODS, "x"], [*COLORS, "green"], ()),
        (["bad", "gone", "ok", "good"], ["gone", "blue", "red"], ("--rename", "off=gone")),
    ],
)
def test_a_default_that_mentions_another_enum(
    project: Project, moods: list[str], colors: list[str], flags: tuple[str, ...]
) -> None:
    start_two_types(project, "blue")
    project.models(TWO_TYPES, MOODS=moods, COLORS=colors)
    project.round_trip(*flags)
    project.sql("INSERT INTO entry (color) VALUES ('red')", "INSERT INTO child DEFAULT VALUES")
    [(mood,)] = project.rows("SELECT mood::text FROM ONLY entry ORDER BY id DESC LIMIT 1")
    assert mood == ("ok" if "color.blue=red" in flags else "awful" if "awful" in moods else "bad")


@pytest.mark.parametrize("moods", [MOODS, [*MOODS, "x"], ["bad", "ok", "good"], ["ok", "bad"]])
def test_a_default_that_names_a_removed_label_of_another_enum(
    one_project: Project, moods: list[str]
) -> None:
    project = one_project
    start_two_types(project, "off")
    project.models(TWO_TYPES, MOODS=moods, COLORS=["blue", "red"])
    flags = () if "good" in moods else ("--map", "mood.good=ok", "--map", "mood.gone=ok")
    refused = project.sync(*flags, expect=1).stderr
    assert "'off'" in refused
    assert refused.count("Refused: ") == 1
    if moods != MOODS:
        assert "The default of public.entry.mood is " in refused
        assert "--map color.off=LABEL" in refused
        project.round_trip(*flags, "--map", "color.off=red")


def test_a_label_of_one_enum_in_a_default_is_not_that_of_another(one_project: Project) -> None:
    one_project.start(
        TWO_TYPES,
        "ALTER TABLE entry ALTER mood SET DEFAULT"
        " CASE WHEN 'gone'::color = 'red' THEN 'ok'::mood ELSE 'bad' END",
        MOODS=MOODS,
        COLORS=["gone", "red", "blue"],
    )
    one_project.models(TWO_TYPES, MOODS=["bad", "ok", "good"], COLORS=["blue", "red", "gone"])
    one_project.round_trip()


CARRIERS = [
    "CREATE TYPE ct AS (n int, m mood)",
    "CREATE DOMAIN dm AS mood",
    "CREATE TABLE q (s text)",
]
INSIDE = {
    "row": ("CREATE VIEW v AS SELECT '(1,{label})'::ct AS c", "view public.v"),
    "rows": ("CREATE VIEW v AS SELECT '{\"(1,{label})\"}'::ct[] AS c", "view public.v"),
    "array of a domain": ("CREATE VIEW v AS SELECT '{ok,{label}}'::dm[] AS c", "view public.v"),
    "row of a table": (
        "CREATE VIEW v AS SELECT '(1,ok,,\"{ok,{label}}\")'::entry AS e",
        "view public.v",
    ),
    "row of a view": (
        "CREATE VIEW w AS SELECT mood FROM entry; CREATE VIEW v AS SELECT '({label})'::w AS w",
        "view public.v",
    ),
    "range": ("ALTER TABLE q ADD r span DEFAULT '[{label},ok]'", "default value for public.q.r"),
    "multirange": (
        "ALTER TABLE q ADD r spans DEFAULT '{[bad,bad],[{label},ok)}'",
        "default value for public.q.r",
    ),
    "row, in a default of the type": (
        "ALTER TABLE q ADD r mood DEFAULT ('(1,{label})'::ct).m",
        "default value for public.q.r",
    ),
    "row, as the default of a domain": (
        "CREATE DOMAIN dc AS ct DEFAULT '(1,{label})'; ALTER TABLE q ADD r dc",
        "type public.dc",
    ),
    "row, in a body": (
        "CREATE FUNCTION g() RETURNS ct LANGUAGE sql RETURN '(1,{label})'::ct",
        "function public.g()",
    ),
}


def set_up_inside(project: Project, setup: str, label: str) -> None:
    span = "CREATE TYPE span AS RANGE (SUBTYPE = mood, MULTIRANGE_TYPE_NAME = spans)"
    # Neither is of a type that is made of the enum.
    other = (
        f"CREATE VIEW x AS SELECT mood, '({label},1)'::text, '{{{label}}}'::text[] AS a FROM entry"
    )
    labels = ['it\'s, "quoted"', *LABELS]
    project.start(MODEL, *CARRIERS, span, setup.replace("{label}", label), LABELS=labels)
    if label == "bad":
        project.sql(other)


@pytest.mark.parametrize("kind", INSIDE)
def test_labels_inside_of_constants_are_refused(one_project: Project, kind: str) -> None:
    setup, named = INSIDE[kind]
    set_up_inside(one_project, setup, "bad")
    labels = ['it\'s, "quoted"', "good", "awful", "gone", "ok"]
    one_project.models(MODEL, LABELS=labels)
    refused = one_project.sync("--rename", "bad=awful", expect=1).stderr
    assert f"{named} hangs on it, and it names 'bad' inside of '" in refused
    assert refused.count("Refused: ") == 1
    one_project.models(MODEL, LABELS=['it\'s, "quoted"', "gone", "ok", "good"])
    refused = one_project.sync("--map", "bad=ok", expect=1).stderr
    assert f"{named} hangs on it, and it names 'bad' inside of '" in refused
    one_project.models(MODEL, LABELS=["good", "bad", "ok", 'it\'s, "quoted"'])
    one_project.round_trip()


@pytest.mark.parametrize("kind", ["row of a table", "multirange", "rows"])
def test_a_quoted_label_inside_of_a_constant(one_project: Project, kind: str) -> None:
    setup, named = INSIDE[kind]
    quoted = '"it\'\'s, \\"quoted\\""'
    if kind != "multirange":
        quoted = quoted.replace("\\", "\\\\").replace('"', '\\"')
    set_up_inside(one_project, setup, quoted)
    one_project.models(MODEL, LABELS=LABELS)
    refused = one_project.sync(expect=1).stderr
    assert f"{named} hangs on it, and it names 'it\\'s, \"quoted\"' inside of '" in refused


BACKSLASHES = ["go\\od", "b\\'ad", "ok"]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_backslashes_where_strings_do_not_conform(project: Project, driver: str) -> None:
    """What is deparsed under either setting runs under either setting."""
    project.driver = driver
    [(name,)] = project.rows("SELECT current_database()")
    project.start(MODEL, LABELS=BACKSLASHES)
    project.sql(
        r"ALTER TABLE entry ALTER other SET DEFAULT 'go\od', ALTER tags SET DEFAULT E'{go\\\\od}'",
        r"ALTER TABLE entry ADD note text"
        r" DEFAULT CASE WHEN 'ok'::mood < 'ok' THEN 'a' ELSE '\d' END",
        r"CREATE VIEW v AS SELECT id FROM entry WHERE other = 'go\od' OR note ~ '^\d+\''$'",
        r"ALTER TABLE entry ADD CHECK (mood <> E'b\\''ad' OR note <> '\x')",
        r"CREATE FUNCTION g(m mood, t text DEFAULT '\') RETURNS text LANGUAGE sql"
        r" SET application_name = 'a\b' AS $$SELECT '\a'$$",
        TRIGGER_FUNCTION,
        r"CREATE TRIGGER t BEFORE INSERT ON entry FOR EACH ROW WHEN (NEW.mood <> E'b\\''ad')"
        r" EXECUTE FUNCTION f('a\b')",
        r"CREATE TYPE ct AS (n int, m mood)",
        r"CREATE VIEW w AS SELECT E'(1,go\\\\od)'::ct AS c, E'\\w%:x\n\t' AS t FROM entry",
        r"COMMENT ON TYPE mood IS 'a\b'",
        "INSERT INTO entry (mood) VALUES ('ok')",
    )
    schema = project.dump()
    off = f'ALTER DATABASE "{name}" SET standard_conforming_strings = off'
    on = f'ALTER DATABASE "{name}" RESET standard_conforming_strings'
    project.models(MODEL, LABELS=["ok", *BACKSLASHES[:2]])
    project.sql(off)
    project.sync()
    project.db("upgrade")
    project.sql(on)
    upgraded = project.dump()
    project.db("downgrade")
    assert project.dump() == schema
    project.db("upgrade")
    assert project.dump() == upgraded
    project.sql(off)
    project.db("downgrade")
    project.sql(on)
    assert project.dump() == schema


TEXT = """
class Entry(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    note = db.Column(TYPE)
"""


@pytest.mark.parametrize("to_enum", [True, False])
def test_backslashes_in_defaults_of_converted_columns(project: Project, to_enum: bool) -> None:
    r"""As strings '\d' would be 'd' where they do not conform."""
    [(name,)] = project.rows("SELECT current_database()")
    types = [sa.String(9), sa.Enum(*BACKSLASHES, name="mood")]
    before, after = types if to_enum else types[::-1]
    project.start(
        TEXT,
        r"ALTER TABLE entry ALTER note SET DEFAULT E'go\\od'",
        "INSERT INTO entry DEFAULT VALUES",
        TYPE=before,
    )
    off = f'ALTER DATABASE "{name}" SET standard_conforming_strings = off'
    on = f'ALTER DATABASE "{name}" RESET standard_conforming_strings'
    schema, rows = project.dump(), project.contents()
    project.models(TEXT, TYPE=after)
    project.sync()
    dumps = []
    for setting in (on, off):
        project.sql(setting)
        project.db("upgrade")
        project.sql(on)
        dumps.append(project.dump())
        assert project.contents() == rows
        project.sql(setting)
        project.db("downgrade")
        project.sql(on)
        assert project.dump() == schema
        assert project.contents() == rows
    assert dumps[0] == dumps[1]
