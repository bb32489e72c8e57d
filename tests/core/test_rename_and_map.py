"""What a flag's value means: tables of cases, and a few with rows in a real database."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from flask_enum_migrate.core.diff import Answers
from flask_enum_migrate.core.diff import alter
from flask_enum_migrate.core.errors import AnswerError
from flask_enum_migrate.core.errors import typed
from flask_enum_migrate.core.pairing import Pair
from flask_enum_migrate.core.rename_and_map import Flags
from flask_enum_migrate.core.rename_and_map import resolve
from flask_enum_migrate.core.schema import DeclaredEnum
from flask_enum_migrate.core.schema import LiveEnum
from flask_enum_migrate.core.schema import Name
from tests.project import Project


def pair(live: list[str], declared: list[str], name: str = "public.t", oid: int = 1) -> Pair:
    known = Name(*name.split(".", 1))
    enum = DeclaredEnum(Name("", known.name), tuple(declared), ())
    return Pair(enum, LiveEnum(oid, known, tuple(live)), known)


T = Name("public", "t")

FITTING = [
    # live, models, rename, map, map_null, downgrade_map -> renames, mapping, reverse_mapping
    (["a"], ["b"], ["a=b"], [], [], [], {"a": "b"}, {}, {}),
    (["a"], ["b"], ["t.a=b"], [], [], [], {"a": "b"}, {}, {}),
    (["a"], ["b"], ["public.t.a=b"], [], [], [], {"a": "b"}, {}, {}),
    (["a"], ["b"], ["a=b", "t.a=b"], [], [], [], {"a": "b"}, {}, {}),
    (["a.b"], ["c.d"], ["a.b=c.d"], [], [], [], {"a.b": "c.d"}, {}, {}),
    (["t.a"], ["b"], ["t.t.a=b"], [], [], [], {"t.a": "b"}, {}, {}),
    (["a=b"], ["c"], ["a=b=c"], [], [], [], {"a=b": "c"}, {}, {}),
    (["a"], ["b=c"], ["t.a=b=c"], [], [], [], {"a": "b=c"}, {}, {}),
    (["="], ["=="], ["===="], [], [], [], {"=": "=="}, {}, {}),
    ([""], ["x"], ["=x"], [], [], [], {"": "x"}, {}, {}),
    ([" a "], ["it's"], [" a =it's"], [], [], [], {" a ": "it's"}, {}, {}),
    (['"'], ["\n"], ['t."=\n'], [], [], [], {'"': "\n"}, {}, {}),
    (["ä"], ["ö"], ["ä=ö"], [], [], [], {"ä": "ö"}, {}, {}),
    (["a", "b"], ["b", "a"], ["a=b", "b=a"], [], [], [], {"a": "b", "b": "a"}, {}, {}),
    (["a", "b"], ["b", "c"], ["a=b", "b=c"], [], [], [], {"a": "b", "b": "c"}, {}, {}),
    (["a", "b"], ["b", "c"], ["b=c", "a=b"], [], [], [], {"a": "b", "b": "c"}, {}, {}),
    (["a", "b"], ["b"], [], ["a=b"], [], [], {}, {"a": "b"}, {}),
    (["a"], ["b"], [], ["a=b"], [], [], {}, {"a": "b"}, {}),
    (["a", "b", "c"], ["c"], [], ["a=c", "b=c"], [], [], {}, {"a": "c", "b": "c"}, {}),
    (["a", "b"], ["b"], [], [], ["t.a"], [], {}, {"a": None}, {}),
    (["t.a", "b"], ["b"], [], [], ["t.a"], [], {}, {"t.a": None}, {}),
    (["a"], ["a", "b"], [], [], [], ["t.b=a"], {}, {}, {"b": "a"}),
    (["a", "c"], ["a", "b"], [], [], [], ["b=c"], {}, {}, {"b": "c"}),
    (["a", "c"], ["b"], ["a=b"], ["c=b"], [], [], {"a": "b"}, {"c": "b"}, {}),
]


@pytest.mark.parametrize(
    ("live", "models", "rename", "map_", "null", "down", "renames", "mapping", "back"), FITTING
)
def test_fits(
    live: list[str],
    models: list[str],
    rename: list[str],
    map_: list[str],
    null: list[str],
    down: list[str],
    renames: dict[str, str],
    mapping: dict[str, str | None],
    back: dict[str, str | None],
) -> None:
    found = resolve(Flags(rename, map_, null, down), [pair(live, models)])
    assert found == {T: Answers(renames, mapping, back)}


WRONG = [
    # live, models, flags -> option, value, a part of the problem, candidates
    (["a"], ["b"], Flags(rename=["x=b"]), "--rename", "names no label", ["t.a=b"]),
    (["a"], ["b"], Flags(rename=["a=x"]), "--rename", "'x' is not a label of", ["t.a=b"]),
    (["a"], ["b"], Flags(rename=["a"]), "--rename", "becomes: --rename a=NEW", ["t.a=b"]),
    (["a"], ["b"], Flags(rename=[""]), "--rename", "becomes: --rename OLD=NEW", ["t.a=b"]),
    (["a"], ["a", "b"], Flags(rename=["x=y"]), "--rename", "no label is removed", []),
    (["a"], ["b"], Flags(rename=["other.a=b"]), "--rename", "names no label", ["t.a=b"]),
    (["a"], ["b"], Flags(rename=["b=a"]), "--rename", "'b' is not a label", ["t.a=b"]),
    (["a", "b"], ["b"], Flags(map=["b=a"]), "--map", "'a' is not a label", ["t.a=b"]),
    (["a", "b", "c"], ["b", "c"], Flags(map=["b=c"]), "--map", "'b' doesn't go", None),
    (["a", "b"], ["b"], Flags(map_null=["b"]), "--map-null", "'b' doesn't go", ["t.a"]),
    (["a", "b"], ["b"], Flags(map_null=["a=b"]), "--map-null", "nothing stands behind", ["t.a"]),
    (["a", "b"], ["b"], Flags(map=["t.a"]), "--map", "becomes: --map t.a=NEW", ["t.a=b"]),
    (["a"], ["a"], Flags(map=["t.a"]), "--map", "becomes: --map t.a=NEW", []),
    (
        ["a"],
        ["a", "b"],
        Flags(downgrade_map=["t.b"]),
        "--downgrade-map",
        "becomes: --downgrade-map t.b=OLD",
        ["t.b=a"],
    ),
    (["a"], ["a"], Flags(map=["a=b"]), "--map", "nothing differs", []),
    (
        ["a", "b"],
        ["a", "b", "c"],
        Flags(downgrade_map=["a=b"]),
        "--downgrade-map",
        "'a' is not new",
        None,
    ),
    (
        ["a"],
        ["a", "c"],
        Flags(downgrade_map=["c=d"]),
        "--downgrade-map",
        "'d' is not a label of",
        ["t.c=a"],
    ),
    # Two answers to one question
    (["a"], ["b", "c"], Flags(rename=["a=b", "a=c"]), "--rename", "'a' becomes 'b'", None),
    (["a", "b"], ["c"], Flags(rename=["a=c", "b=c"]), "--rename", "'a' becomes 'c'", None),
    (["a"], ["b", "c"], Flags(rename=["a=b"], map=["a=c"]), "--map", "'a' becomes 'b'", None),
    (["a"], ["b"], Flags(rename=["a=b"], map_null=["a"]), "--map-null", "becomes 'b'", None),
    (["a", "b", "c"], ["b", "c"], Flags(map=["a=b", "a=c"]), "--map", "becomes 'b'", None),
    (["a", "b"], ["b"], Flags(map=["a=b"], map_null=["a"]), "--map-null", "becomes 'b'", None),
    # Two labels would be one
    (["a", "b"], ["b"], Flags(rename=["a=b"]), "--rename", "exists already", None),
    # The same label by two cuts
    (["a", "t.a"], ["b"], Flags(rename=["t.a=b"]), "--rename", "ambiguous", None),
    (
        ["x", "x=y"],
        ["y=z", "z"],
        Flags(rename=["x=y=z"]),
        "--rename",
        "can't be written otherwise",
        [],
    ),
]


@pytest.mark.parametrize(("live", "models", "flags", "option", "problem", "candidates"), WRONG)
def test_does_not_fit(
    live: list[str],
    models: list[str],
    flags: Flags,
    option: str,
    problem: str,
    candidates: list[str] | None,
) -> None:
    with pytest.raises(AnswerError) as raised:
        resolve(flags, [pair(live, models)])
    error = raised.value
    assert (error.option, error.exit_code) == (option, 2)
    assert problem in error.problem
    if candidates is not None:
        assert list(error.candidates) == candidates
    for candidate in error.candidates:
        field = option.removeprefix("--").replace("-", "_")
        resolve(replace(Flags(), **{field: [candidate]}), [pair(live, models)])


def test_candidates_are_near_the_value_and_few() -> None:
    live = [f"EVENT_{i}" for i in range(200)]
    with pytest.raises(AnswerError) as raised:
        resolve(Flags(map=["EVENT_77=EVNT_150"]), [pair(live, live[100:])])
    assert raised.value.candidates[0] == "t.EVENT_77=EVENT_150"
    assert len(raised.value.candidates) == 12


def test_type_in_two_schemas() -> None:
    pairs = [pair(["a"], ["b"]), pair(["a"], ["b"], "other.t", 2)]
    with pytest.raises(AnswerError) as raised:
        resolve(Flags(rename=["t.a=b"]), pairs)
    assert raised.value.problem == "is ambiguous"
    assert raised.value.candidates == ("public.t.a=b", "other.t.a=b")
    found = resolve(Flags(rename=["other.t.a=b"]), pairs)
    assert found == {T: Answers(), Name("other", "t"): Answers({"a": "b"})}


def test_label_in_two_types() -> None:
    pairs = [pair(["a"], ["b"]), pair(["a"], ["b"], "public.u", 2)]
    with pytest.raises(AnswerError) as raised:
        resolve(Flags(rename=["a=b"]), pairs)
    assert raised.value.candidates == ("t.a=b", "u.a=b")
    assert resolve(Flags(rename=["u.a=b"]), pairs)[T] == Answers()


def test_one_flag_serves_all_databases() -> None:
    behind, ahead = pair(["a", "x"], ["b"]), pair(["b", "y"], ["b"], oid=7)
    answers = resolve(Flags(rename=["a=b"], map_null=["x", "y"]), [behind, ahead])[T]
    for one, renames, removed in ((behind, {"a": "b"}, ["x"]), (ahead, {}, ["y"])):
        change = alter(one, answers)
        assert change is not None
        assert change.renames == renames
        assert [drop.label for drop in change.removed] == removed


@pytest.mark.parametrize(
    "value", ["a=b", "a b=c", "it's=b", "$HOME=`x`", 'a"b\\=c', "ä=ö", "!x=*", "a;b=c&d"]
)
def test_typed_is_what_a_shell_reads_back(value: str) -> None:
    assert shlex.split(typed("--rename", value)) == ["--rename", value]


def test_typed_escapes_what_cannot_be_printed() -> None:
    assert typed("--map", "a\x1b[31m'\\\n=\U000e0001") == (
        r"--map $'a\u001b[31m\'\\\u000a=\U000e0001'"
    )


MODELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="item state"), server_default=labels[0])
    extra = db.Column(pg.ARRAY(sa.Enum(*labels, name="item state")))
"""


def test_swap_with_rows(one_project: Project) -> None:
    one_project.start(MODELS, labels=["on", "off"])
    one_project.sql("INSERT INTO item (state, extra) VALUES ('on', '{on,off}'), ('off', NULL)")
    one_project.models(MODELS, labels=["off", "on", "new"])
    one_project.round_trip("--rename", "on=off", "--rename", "off=on")
    assert one_project.labels("item state") == ["off", "on", "new"]
    assert one_project.rows("SELECT state::text, extra::text FROM item ORDER BY id") == [
        ("off", "{off,on}"),
        ("on", None),
    ]


def test_merge_rename_and_null_with_rows(one_project: Project) -> None:
    before = ["a.b", "c=d", "it's", "old one", "stays"]
    after = ["a=b", "stays", "new"]
    one_project.start(MODELS.replace("labels[0]", "'stays'"), labels=before)
    rows = ", ".join("(" + repr(label).replace('"it\'s"', "'it''s'") + ")" for label in before)
    one_project.sql(f"INSERT INTO item (state) VALUES {rows}")
    one_project.models(MODELS.replace("labels[0]", "'stays'"), labels=after)
    refused = one_project.sync(expect=1)
    for pasted in (
        "--rename 'item state.a.b=a=b'",
        "--map-null 'item state.c=d'",
        "--map 'item state.it'\"'\"'s=LABEL'",
    ):
        assert pasted in refused.stderr
    one_project.round_trip(
        *("--rename", "item state.a.b=a=b"),
        *("--map", "c=d=new", "--map", "it's=stays", "--map-null", "item state.old one"),
        *("--downgrade-map", "new=c=d"),
        merges=True,
    )
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [
        ("a=b",),
        ("new",),
        ("stays",),
        (None,),
        ("stays",),
    ]


def test_downgrade_map_with_rows(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    one_project.models(MODELS, labels=["a", "b", "c"])
    one_project.sync("--downgrade-map", "item state.c=b")
    one_project.db("upgrade")
    one_project.sql("INSERT INTO item (state) VALUES ('c'), ('a')")
    one_project.db("downgrade")
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [("b",), ("a",)]


def test_bad_answers_write_nothing(one_project: Project) -> None:
    one_project.start(MODELS, "INSERT INTO item (state) VALUES ('a')", labels=["a", "b"])
    one_project.models(MODELS, labels=["b", "c d"])
    done = one_project.sync("--rename", "a=c", expect=2)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Bad option: --rename a=c: 'c' is not a label of public.item state.",
        "Did you mean this?",
        "    --rename 'item state.a=c d'",
        "Nothing was written.",
    ]


def test_type_of_two_schemas_in_a_database(one_project: Project) -> None:
    models = """
class One(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))

class Two(db.Model):
    __table_args__ = {"schema": "other"}
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state", schema="other"))
"""
    one_project.sql("CREATE SCHEMA other")
    one_project.start(models, labels=["a", "b"])
    one_project.sql("INSERT INTO one (state) VALUES ('a')")
    one_project.sql("INSERT INTO other.two (state) VALUES ('a')")
    one_project.models(models, labels=["b", "c"])
    done = one_project.sync("--rename", "state.a=c", expect=2)
    assert "    --rename public.state.a=c\n    --rename other.state.a=c\n" in done.stderr
    one_project.round_trip("--rename", "public.state.a=c", "--map", "other.state.a=b", merges=True)
    assert one_project.rows("SELECT state::text FROM one") == [("c",)]
    assert one_project.rows("SELECT state::text FROM other.two") == [("b",)]
