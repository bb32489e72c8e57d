"""A revision of types and CHECKs, stopped at every statement: run again, it goes on to the end."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

import psycopg
import pytest

from tests.crashes import DOWNGRADE
from tests.crashes import UPGRADE
from tests.crashes import Patient
from tests.crashes import failing
from tests.crashes import terminating
from tests.project import Project
from tests.servers import create_database
from tests.servers import drop_database

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*STATES, name="state"))
    kind = db.Column(
        db.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True),
        server_default="x", index=True,
    )
    size = db.Column(db.Enum(*SIZES, name="size", native_enum=False, create_constraint=True))
"""
EVENT = JOB.replace("class Job(db.Model):", 'class Event(db.Model):\n    __bind_key__ = "audit"')
EVENT = EVENT.replace('name="kind"', 'name="what"')

BEFORE = {"STATES": "a b c", "KINDS": "x y z", "SIZES": "s l"}
# A label of the type gets another name, one of the CHECK too, one goes; two others swap.
AFTER = {"STATES": "a B c new", "KINDS": "X y n", "SIZES": "l s"}
FLAGS = {
    "job": ("state.b=B", "job.kind.x=X", "job.size.s=l", "job.size.l=s"),
    "event": ("event.kind.x=X", "event.size.s=l", "event.size.l=s"),
}
ROWS = "INSERT INTO {} VALUES (1, 'a', 'x', 's'), (2, 'b', 'y', 'l'), (3, 'c', 'z', NULL)"


def models(project: Project, layout: str, labels: dict[str, str]) -> None:
    source = JOB + (EVENT if layout == "multidb" else "")
    project.models(source, **{name: text.split() for name, text in labels.items()})


def flags(tables: Sequence[str]) -> Iterator[str]:
    for table in tables:
        for pair in FLAGS[table]:
            yield from ("--rename", pair)
        yield from ("--map", f"{table}.kind.z=n")


@pytest.fixture
def patient(one_project: Project, layout: str) -> Iterator[Patient]:
    urls = [one_project.url]
    if layout == "multidb":
        urls.append(create_database(one_project.server))
        one_project.config["SQLALCHEMY_BINDS"] = {"audit": one_project.sqlalchemy_url(urls[1])}
    models(one_project, layout, BEFORE)
    one_project.db("init", *(["--multidb"] if layout == "multidb" else []))
    one_project.db("migrate", "-m", "first", "--rev-id", "first")
    one_project.db("upgrade")
    for url, table in zip(urls, ("job", "event"), strict=False):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ROWS.format(table).encode())
    made = Patient(one_project, urls)
    yield made
    made.close()
    one_project.close()
    for url in urls[1:]:
        drop_database(one_project.server, url)


@pytest.mark.parametrize("layout", ["single", "multidb"])
def test_run_again_it_goes_on(patient: Patient, layout: str) -> None:
    models(patient.project, layout, AFTER)
    tables = ("job", "event") if layout == "multidb" else ("job",)
    patient.project.sync(*flags(tables))
    before = patient.states()
    up = patient.written(UPGRADE)
    after = patient.states()
    assert after[0].rows["public.job"] == [("(1,a,X,l)",), ("(2,B,y,s)",), ("(3,c,n,)",)]
    assert patient.project.db("enum", "check").stdout.startswith("In sync: ")
    down = patient.written(DOWNGRADE)
    assert [one.rows for one in patient.states()] == [one.rows for one in before]
    assert [one.schema for one in patient.states()] == [one.schema for one in before]
    before = patient.states()  # but for the label that was added, which stays
    for command, back, statements, old, new in (
        (UPGRADE, DOWNGRADE, up, before, after),
        (DOWNGRADE, UPGRADE, down, after, before),
    ):
        for number in range(len(statements)):
            hooks = [failing(number)]
            if layout == "single" or number % 2:
                hooks.append(terminating(patient.project.server, number))
            for hook in hooks:
                where = (hook.__qualname__, command, number, statements[number])
                assert patient.states() == old, where
                assert not patient.run(hook, command), where
                patient.project.db(*command)
                assert patient.states() == new, where
                patient.project.db(*back)
        patient.project.db(*command)
        assert patient.states() == new
