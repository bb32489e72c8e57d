"""``flask db migrate`` as a developer runs it, for the tests of what it sees of enums."""

from __future__ import annotations

from typing import Any

from tests.project import Project
from tests.project import Result

JOB = """
class Job(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""


def command(project: Project, source: str, *args: str, expect: int = 0, **names: Any) -> Result:
    """Run a command in an app of its own: Flask-Migrate's env.py keeps the hook of the first."""
    project.models(source, **names)
    return project.db(*args, expect=expect)


def migrate(project: Project, source: str, **names: Any) -> str:
    """Run ``flask db migrate`` for new models, and return the revision that it wrote."""
    before = project.revisions()
    command(project, source, "migrate", **names)
    assert len(project.revisions()) == len(before) + 1
    return project.revision()


def refused(project: Project, source: str, **names: Any) -> str:
    """Run ``flask db migrate``, which has to refuse, and return what it printed."""
    before = project.revisions()
    said = command(project, source, "migrate", expect=1, **names).output
    assert project.revisions() == before
    assert "Traceback" not in said
    return said


def nothing_differs(project: Project, source: str, **names: Any) -> None:
    """Hold that neither ``flask db migrate`` nor ``flask db enum check`` finds anything."""
    before = project.revisions()
    command(project, source, "migrate", **names)
    assert project.revisions() == before
    assert command(project, source, "enum", "check", **names).stdout.startswith("In sync")


def round_trip(project: Project, source: str, *, merges: bool = False, **names: Any) -> str:
    """Migrate, upgrade, find nothing, downgrade, compare with before, upgrade again.

    :param merges: whether rows are expected to differ after the downgrade.
    :return: the revision's source.
    """
    schema, rows = project.dump(), project.contents()
    written = migrate(project, source, **names)
    project.db("upgrade")
    upgraded = project.dump()
    nothing_differs(project, source, **names)
    project.db("downgrade")
    assert unordered(project.dump()) == unordered(schema)
    if not merges:
        assert project.contents() == rows
    project.db("upgrade")
    assert unordered(project.dump()) == unordered(upgraded)
    return written


def unordered(dump: str) -> list[str]:
    """Return the lines of a dump, for columns that come back at the end of their table."""
    return sorted(line.rstrip(",") for line in dump.splitlines())


def upgrade_of(source: str) -> str:
    """Return the source of ``upgrade()``."""
    return source.split("def upgrade():")[1].split("def downgrade():")[0]


def downgrade_of(source: str) -> str:
    """Return the source of ``downgrade()``."""
    return source.split("def downgrade():")[1]
