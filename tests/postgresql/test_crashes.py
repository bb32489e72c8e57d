"""Every revision, stopped at every statement: old state, new state, or one that goes on to new."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from collections.abc import Sequence

import pytest

from tests.crashes import DOWNGRADE
from tests.crashes import KINDS
from tests.crashes import UPGRADE
from tests.crashes import Patient
from tests.crashes import State
from tests.crashes import admitted
from tests.crashes import failing
from tests.crashes import models
from tests.crashes import terminating
from tests.project import Project


@pytest.fixture
def patient(one_project: Project, layout: str) -> Iterator[Patient]:
    with admitted(one_project, layout) as patient:
        yield patient


@pytest.mark.parametrize(
    ("layout", "name"), [*(("single", name) for name in KINDS), ("multidb", "all")]
)
def test_stopped_at_every_statement(patient: Patient, layout: str, name: str) -> None:
    kind = KINDS[name]
    models(patient.project, layout, kind)
    patient.project.sync(*kind.flags)
    patient.project.db(*UPGRADE)
    patient.project.db(*DOWNGRADE)  # rows that a map has merged stay so
    old = patient.states()
    up = patient.written(UPGRADE)
    new = patient.states()
    down = patient.written(DOWNGRADE)
    assert patient.states() == old != new
    stopped_everywhere(patient, UPGRADE, DOWNGRADE, up, old, new)
    stopped_everywhere(patient, DOWNGRADE, UPGRADE, down, new, old)


def stopped_everywhere(
    patient: Patient,
    command: Sequence[str],
    back: Sequence[str],
    statements: Sequence[str],
    before: list[State],
    after: list[State],
) -> None:
    known = [before]
    for number, statement in enumerate(statements):
        for hook in (terminating(patient.project.server, number), failing(number)):
            where = (hook.__qualname__, command, number, statement)
            assert not patient.run(hook, command), where
            left = patient.states()
            for found, was, becomes in zip(left, before, after, strict=True):
                assert found in (was, becomes) or found.may_become(was), where
            if left not in known:  # from the same state, the same command does the same
                known.append(left)
                patient.project.db(*command)
                assert patient.states() == after, where
                patient.project.db(*back)
                assert patient.states() == before, where
    patient.project.db(*command)
    assert patient.states() == after


@pytest.mark.parametrize("layout", ["single"])
@pytest.mark.parametrize(
    ("command", "statement"),
    [
        (UPGRADE, "LOCK TABLE"),
        (UPGRADE, "UPDATE alembic_version"),
        (DOWNGRADE, "UPDATE alembic_version"),
    ],
)
def test_killed(patient: Patient, layout: str, command: Sequence[str], statement: str) -> None:
    project = patient.project
    models(project, layout, KINDS["all"])
    project.sync(*KINDS["all"].flags)
    project.db(*UPGRADE)
    project.db(*DOWNGRADE)
    states = [patient.states()]
    project.db(*UPGRADE)
    states.append(patient.states())
    if command == UPGRADE:
        project.db(*DOWNGRADE)
        states.reverse()
    after, before = states
    done = patient.start(command, KILL_BEFORE=statement)
    done.communicate()
    assert done.returncode == -signal.SIGKILL
    while patient.sessions():  # the server notices when it has finished a statement
        time.sleep(0.01)
    [left], [was] = patient.states(), before
    assert left == was or left.may_become(was)
    project.db(*command)
    assert patient.states() == after
