"""Setting the extension up, in every order, and using it from Python."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

import flask_enum_migrate
from flask_enum_migrate import CheckResult
from flask_enum_migrate import EnumMigrate
from flask_enum_migrate import Flags
from flask_enum_migrate import NotInitialised
from flask_enum_migrate import Refused
from flask_enum_migrate import SettingError
from flask_enum_migrate import SyncResult
from tests.project import Project

MODELS = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(sa.Enum(*labels, name="state"))
"""


def extension_first(project: Project, app: Flask, db: SQLAlchemy) -> None:
    EnumMigrate().init_app(app)
    Migrate().init_app(app, db, directory=str(project.migrations))


def extension_last(project: Project, app: Flask, db: SQLAlchemy) -> None:
    Migrate().init_app(app, db, directory=str(project.migrations))
    EnumMigrate().init_app(app)


def extension_alone(project: Project, app: Flask, db: SQLAlchemy) -> None:
    EnumMigrate().init_app(app, db, directory=str(project.migrations))


def constructor_alone(project: Project, app: Flask, db: SQLAlchemy) -> None:
    EnumMigrate(app, db, directory=str(project.migrations), lock_timeout="1s")


def alone_then_migrate(project: Project, app: Flask, db: SQLAlchemy) -> None:
    EnumMigrate(app, db)
    Migrate(app, db, directory=str(project.migrations))


def both_with_db(project: Project, app: Flask, db: SQLAlchemy) -> None:
    Migrate(app, db, directory=str(project.migrations))
    EnumMigrate(app, db)


def twice(project: Project, app: Flask, db: SQLAlchemy) -> None:
    Migrate(app, db, directory=str(project.migrations))
    EnumMigrate(app)
    EnumMigrate(app)


SET_UPS = [
    extension_first,
    extension_last,
    extension_alone,
    constructor_alone,
    alone_then_migrate,
    both_with_db,
    twice,
]


@pytest.mark.parametrize("set_up", SET_UPS)
def test_every_order(one_project: Project, monkeypatch: pytest.MonkeyPatch, set_up: Any) -> None:
    monkeypatch.setattr(one_project, "set_up", lambda app, db: set_up(one_project, app, db))
    one_project.start(MODELS, labels=["a"])
    one_project.models(MODELS, labels=["a", "b"])
    one_project.db("enum", "check", expect=1)
    one_project.sync()
    one_project.db("upgrade")
    one_project.db("enum", "check")
    assert one_project.labels("state") == ["a", "b"]


def test_options_are_passed_on_to_migrate() -> None:
    app, db = sqlite_app()
    EnumMigrate(app, db, directory="elsewhere", command="database", compare_type=False, x=1)
    migrate = app.extensions["migrate"]
    assert migrate.directory == "elsewhere"
    assert migrate.migrate.command == "database"
    assert migrate.configure_args["compare_type"] is False
    assert migrate.configure_args["x"] == 1
    assert "database" in app.cli.commands
    assert "db" not in app.cli.commands


def test_options_that_would_get_lost() -> None:
    app, db = sqlite_app()
    Migrate(app, db)
    with pytest.raises(SettingError) as raised:
        EnumMigrate(app, db, directory="elsewhere")
    assert str(raised.value) == (
        "EnumMigrate(directory=…) is an option of Flask-Migrate, which is set up already. "
        "Give it to Migrate(directory=…) instead."
    )


def test_misspelt_setting_is_not_passed_on() -> None:
    app, db = sqlite_app()
    with pytest.raises(SettingError, match=r"Did you mean EnumMigrate\(lock_timeout=…\)\?"):
        EnumMigrate(app, db, lock_timout="1s")
    assert "migrate" not in app.extensions


def test_several_apps_with_one_object(tmp_path: Path) -> None:
    enum_migrate = EnumMigrate(lock_timeout="1s")
    for name in ("one", "two"):
        app, db = sqlite_app(name)
        Migrate(app, db, directory=str(tmp_path))
        enum_migrate.init_app(app)
        result = app.test_cli_runner().invoke(args=["db", "enum", "check"])
        assert result.exit_code == 2
        assert "no migrations folder" in result.stderr


@pytest.mark.parametrize("command", ["check", "sync", "list"])
def test_app_without_the_extension(command: str) -> None:
    EnumMigrate(sqlite_app("with")[0])
    app, db = sqlite_app("without")
    Migrate(app, db)
    result = app.test_cli_runner().invoke(args=["db", "enum", command])
    assert result.exit_code == 2
    assert result.stdout == ""
    start = "Nothing was written" if command == "sync" else "Could not tell"
    assert result.stderr == (
        f"{start}: Flask-Enum-Migrate isn't set up for the app 'without'. "
        "Where the app is made, add: EnumMigrate().init_app(app)\n"
    )


def test_renamed_group(one_project: Project) -> None:
    one_project.migrate_options["command"] = "database"
    one_project.models(MODELS, labels=["a"])
    missing = one_project.run("database", "enum", "check", expect=2)
    assert missing.stderr.endswith("Create it: flask database init\n")
    for args in (["init"], ["migrate"], ["upgrade"]):
        one_project.run("database", *args)
    one_project.models(MODELS, labels=["a", "b"])
    drift = one_project.run("database", "enum", "check", expect=1)
    assert drift.stdout.endswith("Next: flask database enum sync\n")
    written = one_project.run("database", "enum", "sync")
    assert "then run: flask database upgrade\n" in written.stderr
    behind = one_project.run("database", "enum", "sync", expect=1)
    assert "First run: flask database upgrade" in behind.stderr
    assert one_project.run("database", "enum", "check", expect=1).stdout.endswith(
        "The database isn't at head. Next: flask database upgrade\n"
    )
    shown = one_project.run("database", "enum", "sync", "--help").stdout
    assert "app database enum sync --dry-run" in shown
    assert "db enum" not in shown


def test_directory_and_x_arg(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a"])
    elsewhere = one_project.folder / "elsewhere"
    one_project.migrations.rename(elsewhere)
    env = elsewhere / "env.py"
    source = env.read_text().replace(
        "\nconfig = context.config\n",
        "\nconfig = context.config\nassert context.get_x_argument() == ['a=1'], 'no x'\n",
    )
    env.write_text(source)
    one_project.db("enum", "check", expect=2)
    one_project.db("enum", "check", "-d", str(elsewhere), "-x", "a=1")
    group = one_project.app.cli.commands["db"]
    if {"directory", "x_arg"} <= {option.name for option in group.params}:  # newer Flask-Migrate
        one_project.db("-d", str(elsewhere), "-x", "a=1", "enum", "check")
    assert "no x" in one_project.db("enum", "check", "-d", str(elsewhere), expect=2).stderr


def test_python_api(one_project: Project) -> None:
    one_project.start(MODELS, "INSERT INTO item (state) VALUES ('a')", labels=["a"])
    one_project.models(MODELS, labels=["b"])
    enum_migrate = EnumMigrate()
    with one_project.app.app_context():
        checked = enum_migrate.check()
        assert isinstance(checked, CheckResult)
        assert [state.state for state in checked.drift] == ["differs"]
        with pytest.raises(Refused) as raised:
            enum_migrate.sync()
        assert raised.value.refusals[0].flags[0] == "--rename state.a=b"
        tried = enum_migrate.sync(flags=Flags(rename=["a=b"]), dry_run=True)
        assert isinstance(tried, SyncResult)
        assert tried.path is None
        assert "RENAME VALUE 'a' TO 'b'" in tried.plans[0].body.upgrade
        written = enum_migrate.sync(flags=Flags(rename=["a=b"]), message="Rename it")
        assert written.path is not None
        assert written.path.name.endswith("_rename_it.py")


def test_python_api_prints_nothing(one_project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    one_project.start(MODELS, labels=["a"])
    one_project.models(MODELS, labels=["a", "b"])
    capfd.readouterr()
    with one_project.app.app_context():
        EnumMigrate().check()
        EnumMigrate().sync()
    assert capfd.readouterr() == ("", "")


def test_python_api_needs_an_app_context_and_the_extension() -> None:
    with pytest.raises(RuntimeError, match="outside of application context"):
        EnumMigrate().check()
    app, _ = sqlite_app("bare")
    with app.app_context(), pytest.raises(NotInitialised, match="isn't set up for the app 'bare'"):
        EnumMigrate().sync()
    EnumMigrate(app)
    with app.app_context(), pytest.raises(NotInitialised, match="Flask-Migrate isn't set up"):
        EnumMigrate().check()


def test_result_prints_like_the_command_and_is_no_truth_value(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a", "b"])
    one_project.sql("CREATE TYPE lonely AS ENUM ('x')")
    enum_migrate = EnumMigrate()
    for labels in (["a", "b"], ["a", "c"]):
        one_project.models(MODELS, labels=labels)
        printed = one_project.db("enum", "check", expect=int(labels[1] == "c"))
        with one_project.app.app_context():
            result = enum_migrate.check()
        said = str(result).splitlines()
        assert sorted(said) == sorted(printed.output.splitlines())
        assert [line for line in said if not line.startswith("Note: ")] == (
            printed.stdout.splitlines()
        )
        with pytest.raises(TypeError, match=r"ask for its \.in_sync, or call enum_migrate\.assert"):
            assert result


def test_assert_in_sync(one_project: Project) -> None:
    one_project.start(MODELS, labels=["a"])
    server = one_project.server.url
    with one_project.app.app_context():
        EnumMigrate().assert_in_sync()
        EnumMigrate().assert_in_sync(from_migrations=True, server=server)
    one_project.models(MODELS, labels=["a", "b"])
    with one_project.app.app_context():
        for from_migrations in (False, True):
            with pytest.raises(AssertionError) as raised:
                EnumMigrate().assert_in_sync(
                    from_migrations=from_migrations, server=server if from_migrations else None
                )
            assert str(raised.value) == (
                "public.state\n"
                "  used by item.state\n"
                "  + add 'b' after 'a'\n"
                "  Cost: instant, no table is rewritten.\n\n"
                "Drift: 1 of 1 enum type differs. Next: flask db enum sync"
                + (" --from-migrations" if from_migrations else "")
            )


def test_logging_and_warnings_are_left_as_they_were(
    one_project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The env.py of Flask-Migrate calls fileConfig, and closes and disables what it finds."""
    one_project.start(MODELS, labels=["a"])
    env = one_project.migrations / "env.py"
    env.write_text(env.read_text() + "\nimport warnings\nwarnings.simplefilter('error')\n")
    logger, log = logging.getLogger("an_app.views"), tmp_path / "app.log"
    handler = logging.FileHandler(log, mode="w")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.root.addHandler(other := logging.NullHandler())
    try:
        filters, handlers, level = [*warnings.filters], [*logging.root.handlers], logging.root.level
        alembic = logging.getLogger("alembic")
        before = (alembic.level, [*alembic.handlers], alembic.propagate)
        with one_project.app.app_context():
            EnumMigrate().check(from_migrations=True, server=one_project.server.url)
            one_project.models(MODELS, labels=["a", "b"])
        with one_project.app.app_context():
            EnumMigrate().check()
            assert EnumMigrate().sync().path
        assert not logger.disabled
        logger.info("still here")
        assert log.read_text() == "still here\n"
        assert (logging.root.handlers, logging.root.level) == (handlers, level)
        assert (alembic.level, alembic.handlers, alembic.propagate) == before
        assert warnings.filters == filters
        assert logging.root.manager.disable == 0
        assert handler in [reference() for reference in vars(logging)["_handlerList"]]
    finally:
        logger.removeHandler(handler)
        logging.root.removeHandler(other)
        handler.close()
    assert capsys.readouterr() == ("", "")


def test_public_names_are_importable_and_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for name in flask_enum_migrate.__all__:
        assert getattr(flask_enum_migrate, name).__name__ == name
        assert name in page
    assert set(flask_enum_migrate.__all__) <= set(dir(flask_enum_migrate))
    with pytest.raises(AttributeError, match="has no attribute 'Flag'"):
        flask_enum_migrate.Flag  # noqa: B018


LOADED = """
import sys
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate import Migrate
app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)
Migrate(app, db)
before = set(sys.modules)
from flask_enum_migrate import EnumMigrate
EnumMigrate(app)
print(*sorted(set(sys.modules) - before))
"""


def test_start_up_loads_next_to_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        "flask_enum_migrate",
        "flask_enum_migrate.core",
        "flask_enum_migrate.core.errors",
        "flask_enum_migrate.core.exit_codes",
        "flask_enum_migrate.extension",
        "flask_enum_migrate.settings",
        "flask_enum_migrate.terminal",
        "flask_enum_migrate.terminal.commands",
        "flask_enum_migrate.terminal.exits",
        "flask_enum_migrate.terminal.migrate",
    ]


def sqlite_app(name: str = "app") -> tuple[Flask, SQLAlchemy]:
    app = Flask(name)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db = SQLAlchemy()
    db.init_app(app)
    return app, db
