"""Where settings come from, and what they may be."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from flask_enum_migrate import EnumMigrate
from flask_enum_migrate.core.errors import SettingError
from flask_enum_migrate.settings import Settings
from flask_enum_migrate.settings import current_settings
from flask_enum_migrate.settings import from_config
from tests.project import Project

WHOLE_LIST = (
    "There are: ENUM_MIGRATE_ANALYZE, ENUM_MIGRATE_AUTOGENERATE, ENUM_MIGRATE_COMPARE_ORDER, "
    "ENUM_MIGRATE_DOWNGRADE_MAP, ENUM_MIGRATE_DROP_UNUSED, ENUM_MIGRATE_INCLUDE_TYPES, "
    "ENUM_MIGRATE_KEEP_EXPRESSIONS, "
    "ENUM_MIGRATE_LOCK_TIMEOUT, ENUM_MIGRATE_MAP, ENUM_MIGRATE_MAP_NULL, ENUM_MIGRATE_QUALIFY, "
    "ENUM_MIGRATE_REHEARSE, ENUM_MIGRATE_RENAME, ENUM_MIGRATE_RETIRE, ENUM_MIGRATE_RETIRE_PAUSE."
)


def test_arguments_override_config() -> None:
    app = Flask(__name__)
    app.config.update(
        ENUM_MIGRATE_LOCK_TIMEOUT="3s", ENUM_MIGRATE_QUALIFY=False, ENUM_MIGRATE=1, OTHER=2
    )
    EnumMigrate(lock_timeout=250).init_app(app)
    with app.app_context():
        assert current_settings() == Settings(lock_timeout=250, qualify=False)


def test_init_app_overrides_the_constructor() -> None:
    app = Flask(__name__)
    EnumMigrate(lock_timeout=1, compare_order=False).init_app(app, lock_timeout=2)
    with app.app_context():
        assert current_settings() == Settings(lock_timeout=2, compare_order=False)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("COMPARE_ORDER", "no", "True or False"),
        ("DROP_UNUSED", 1, "True or False"),
        ("QUALIFY", None, "True or False"),
        ("LOCK_TIMEOUT", "soon", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", -1, "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", "٣s", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", "400us", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", "0.5", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", True, "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", 1.5, "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", "1s'; DROP", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", "30d", "a time like '10s', a number of milliseconds, or None"),
        ("LOCK_TIMEOUT", 2**31, "a time like '10s', a number of milliseconds, or None"),
        ("INCLUDE_TYPES", "mood", "a list of type names, a callable or None"),
        ("INCLUDE_TYPES", [1], "a list of type names, a callable or None"),
        ("AUTOGENERATE", None, "True or False"),
        ("RENAME", "a=b", "a list of what --rename takes, such as ['TYPE.OLD=NEW']"),
        ("MAP", ["a=b", "a"], "a list of what --map takes, such as ['TYPE.OLD=NEW']"),
        ("MAP_NULL", {"a"}, "a list of what --map-null takes, such as ['TYPE.OLD']"),
        (
            "DOWNGRADE_MAP",
            [1],
            "a list of what --downgrade-map takes, such as ['TYPE.NEW=OLD']",
        ),
    ],
)
def test_wrong_value(key: str, value: Any, wanted: str) -> None:
    with pytest.raises(SettingError) as raised:
        from_config({f"ENUM_MIGRATE_{key}": value})
    assert raised.value.fact == f"ENUM_MIGRATE_{key} is {value!r}, but must be {wanted}."
    assert raised.value.next_action.startswith("The default is ")


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (None, None),
        (0, "0ms"),
        (1500, "1500ms"),
        ("10s", "10s"),
        ("1.5 min", "1.5 min"),
        ("250", "250"),
        (" 7s ", "7s"),
        ("24 d", "24 d"),
        (2**31 - 1, "2147483647ms"),
        ("0.6ms", "0.6ms"),
        ("0us", "0us"),
    ],
)
def test_lock_timeout(value: Any, sql: str | None) -> None:
    assert from_config({"ENUM_MIGRATE_LOCK_TIMEOUT": value}).lock_timeout_sql == sql


@pytest.mark.parametrize("value", ["much", "12 mb", "-1", -1, True, "٣MB", "", [], 1.5])
def test_no_size(value: Any) -> None:
    expected = "a size like '256MB', a number of bytes, 'always' or None"
    with pytest.raises(SettingError) as raised:
        from_config({"ENUM_MIGRATE_REHEARSE": value})
    assert raised.value.fact == f"ENUM_MIGRATE_REHEARSE is {value!r}, but must be {expected}."


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("always", None),
        (0, 0),
        (4096, 4096),
        ("4096", 4096),
        ("8kB", 8192),
        (" 1.5 MB ", 3 * 2**19),
        ("2GB", 2**31),
        ("1TB", 2**40),
    ],
)
def test_rehearse(value: Any, limit: int | None) -> None:
    assert from_config({"ENUM_MIGRATE_REHEARSE": value}).rehearse_limit == limit


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ENUM_MIGRATE_LOCK_TIMOUT", "Did you mean ENUM_MIGRATE_LOCK_TIMEOUT?"),
        (
            "ENUM_MIGRATE_DROP_UNUSED_TYPES",
            "Did you mean ENUM_MIGRATE_DROP_UNUSED or ENUM_MIGRATE_INCLUDE_TYPES?",
        ),
        ("ENUM_MIGRATE_XYZ", WHOLE_LIST),
    ],
)
def test_unknown_name(name: str, meant: str) -> None:
    with pytest.raises(SettingError) as raised:
        from_config({name: True})
    assert str(raised.value) == f"{name} is no setting. {meant}"


def test_unknown_argument_is_spelt_as_an_argument() -> None:
    with pytest.raises(SettingError) as raised:
        EnumMigrate(Flask(__name__), compare_ordr=False)
    assert str(raised.value) == (
        "EnumMigrate(compare_ordr=…) is no setting. Did you mean EnumMigrate(compare_order=…)?"
    )


def test_a_bad_setting_leaves_nothing_behind() -> None:
    app = Flask(__name__)
    with pytest.raises(SettingError):
        EnumMigrate(app, lock_timeout="soon")
    assert app.extensions == {}


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (None, True),
        ([], False),
        (["mood"], True),
        (("public.mood",), True),
        ({"other.mood"}, False),
        (lambda schema, name: (schema, name) == ("public", "mood"), True),
        (lambda schema, name: 0, False),
    ],
)
def test_include_types(include: Any, expected: bool) -> None:
    assert Settings(include_types=include).includes("public", "mood") is expected


MODELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""


def test_flags_override_settings(one_project: Project) -> None:
    one_project.start(MODELS, "CREATE TYPE nobodys AS ENUM ('x')", labels=["a"])
    assert "nothing to write" in one_project.sync().stderr
    one_project.sync("--drop-unused")
    assert "DROP TYPE public.nobodys" in one_project.revision()
    one_project.db("upgrade")
    assert one_project.labels("nobodys") == []


def test_compare_order_off(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    one_project.models(MODELS, labels=["b", "a"])
    one_project.db("enum", "check", expect=1)
    one_project.config["ENUM_MIGRATE_COMPARE_ORDER"] = False
    one_project.models(MODELS, labels=["b", "a"])
    one_project.db("enum", "check")
    assert "nothing to write" in one_project.sync().stderr


def test_lock_timeout_is_written(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    one_project.options["lock_timeout"] = "7s"
    one_project.models(MODELS, labels=["a"])
    one_project.sync()
    assert "'7s'" in one_project.revision()


@pytest.mark.parametrize("value", ["0", 0, "0 s"])
def test_no_lock_timeout(one_project: Project, value: Any) -> None:
    """To PostgreSQL 0 is none."""
    one_project.start(MODELS, labels=["a", "b"])
    one_project.config["ENUM_MIGRATE_LOCK_TIMEOUT"] = value
    one_project.models(MODELS, labels=["a"])
    one_project.sync()
    assert "wait text := own;" in one_project.revision()
    one_project.db("upgrade")
    assert one_project.labels("state") == ["a"]


def test_a_callable_that_fails_is_to_blame(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a"])
    one_project.config["ENUM_MIGRATE_INCLUDE_TYPES"] = lambda name: True
    one_project.models(MODELS, labels=["a", "b"])
    for command in ("check", "list", "sync"):
        said = one_project.db("enum", command, expect=2).stderr
        assert ": The setting include_types, called with 'public' and 'state', raised Type" in said


def test_answers_that_stand_in_settings(one_project: Project) -> None:
    one_project.start(MODELS, "INSERT INTO item VALUES (1, 'b'), (2, 'c')", labels=["a", "b", "c"])
    one_project.config["ENUM_MIGRATE_RENAME"] = ["b=B", "gone=there"]
    one_project.config["ENUM_MIGRATE_MAP"] = ["state.c=B"]
    one_project.models(MODELS, labels=["a", "B"])
    one_project.sync("--map", "c=a")  # what is given counts
    one_project.db("upgrade")
    assert one_project.rows("SELECT state::text FROM item ORDER BY id") == [("B",), ("a",)]
    assert "nothing to write" in one_project.sync().stderr
    one_project.models(MODELS, labels=["a", "b"])
    assert (
        "Bad option: --rename nothing=b"
        in one_project.sync("--rename", "nothing=b", expect=2).stderr
    )


@pytest.mark.parametrize("value", ["300", 300, "300ms", " 0.3 s "])
def test_a_time_without_a_unit_is_milliseconds(one_project: Project, value: Any) -> None:
    """To intervals of PostgreSQL it would be seconds."""
    one_project.start(MODELS, labels=["a", "b"])
    one_project.config["ENUM_MIGRATE_LOCK_TIMEOUT"] = value
    one_project.models(MODELS, labels=["a"])
    one_project.sync()
    (wait,) = re.findall(r"BETWEEN '1ms' AND '(.+?)'", one_project.revision())
    with psycopg.connect(one_project.url) as connection:
        assert connection.execute("SELECT %s::interval", (wait,)).fetchone() == (
            timedelta(milliseconds=300),
        )
