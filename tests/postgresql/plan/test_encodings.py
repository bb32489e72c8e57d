"""Labels that a database of another encoding than UTF-8 can't hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from flask_enum_migrate.postgresql.sql.quoting import encoded
from tests.project import Project
from tests.servers import Server
from tests.servers import drop_database

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*LABELS, name="state"))
"""
MORE = (
    JOB
    + """
    kind = db.Column(db.Enum(*KINDS, name="kind"))
"""
)
CHECKED = JOB.replace('name="state"', 'name="state", native_enum=False, create_constraint=True')
LACKS = "the encoding of this database, LATIN1, has no '€'. Give it another name"


@pytest.fixture
def latin(newest: Server, tmp_path: Path) -> Iterator[Project]:
    name = f"latin_{tmp_path.parent.name}".replace("-", "_")
    with psycopg.connect(newest.url, autocommit=True) as connection:
        made = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
        connection.execute(made.encode())
    url = make_url(newest.url).set(database=name).render_as_string(hide_password=False)
    project = Project(tmp_path, newest, url)
    yield project
    project.close()
    drop_database(newest, url)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_what_the_encoding_lacks_is_refused(latin: Project, driver: str) -> None:
    latin.driver = driver
    latin.start(JOB, "INSERT INTO job (state) VALUES ('a')", LABELS=["a", "b"])
    revisions = latin.revisions()
    for labels, flags in (
        (["a", "é", "b", "€"], []),
        (["a", "€"], ["--rename", "state.b=€"]),
        (["€"], ["--map", "state.a=€"]),
    ):
        latin.models(JOB, LABELS=labels)
        said = latin.sync(*flags, expect=1).stderr
        assert f"public.state would get the label '€': {LACKS}" in said
    latin.models(JOB, LABELS=["a", "b", "€"])
    assert LACKS in latin.db("migrate", expect=1).stderr
    latin.models(MORE, LABELS=["a", "b"], KINDS=["€"])
    assert f"kind would get the label '€': {LACKS}" in latin.db("migrate", expect=1).stderr
    assert latin.revisions() == revisions
    assert latin.labels("state") == ["a", "b"]


def test_strings_and_conversions(latin: Project) -> None:
    latin.start(CHECKED, "INSERT INTO job (state) VALUES ('a')", LABELS=["a", "b"])
    for source in (CHECKED, JOB):
        latin.models(source, LABELS=["a", "b", "€"])
        assert latin.db("enum", "check", "--rows", expect=1).stdout.startswith(
            "public.job.state" if source is CHECKED else "state"
        )
        assert LACKS in latin.sync(expect=1).stderr
        assert LACKS in latin.db("migrate", expect=1).stderr
    latin.models(JOB, LABELS=["a", "b", "é"])
    latin.round_trip()


def test_what_it_has_is_counted_in_its_bytes(latin: Project) -> None:
    latin.start(JOB, LABELS=["a"])
    longest = "é" * 63
    latin.models(JOB, LABELS=["a", longest])
    latin.round_trip()
    latin.db("upgrade")
    assert latin.labels("state") == ["a", longest]
    latin.models(JOB, LABELS=["a", longest, "é" * 64])
    assert "it has 64 bytes, and 63 is the most" in latin.sync(expect=1).stderr


@pytest.mark.parametrize(
    ("encoding", "size"),
    [("UTF8", 3), ("WIN1252", 1), ("LATIN9", 1), ("EUC_TW", 3), ("SQL_ASCII", 3)],
)
def test_encodings_as_postgresql_names_them(encoding: str, size: int) -> None:
    assert len(encoded("€", encoding)) == size


@pytest.mark.parametrize(
    ("encoding", "text"), [("LATIN1", "€"), ("WIN1251", "é"), ("KOI8R", "é"), ("EUC_JP", "€")]
)
def test_a_character_that_they_lack(encoding: str, text: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        encoded(text, encoding)
