"""What used to break ``flask db migrate`` that works without us."""

from __future__ import annotations

import pytest

from tests.project import Project

STATE = """
class Item(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.Enum(*labels, name="state"), server_default=default)
"""
ENUM = 'db.Enum(*labels, name="state")'
STATES = STATE.replace(ENUM, f"pg.ARRAY({ENUM})")


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [(STATE, "a", "new"), (STATE, "a", "it's"), (STATES, "{a}", "{a, new}"), (STATE, None, "new")],
)
def test_the_new_label_is_the_default(
    one_project: Project, source: str, old: str | None, new: str
) -> None:
    one_project.migrate_options["compare_server_default"] = True
    one_project.start(source, "INSERT INTO item DEFAULT VALUES", labels=["a"], default=old)
    labels = ["a", "it's" if new == "it's" else "new"]
    one_project.models(source, labels=labels, default=new)
    if "check" in one_project.db("--help").stdout.split():  # Flask-Migrate 4.0 has none
        one_project.db("check", expect=1)
    before = one_project.dump()
    one_project.db("migrate", "-m", "second")
    one_project.db("upgrade")
    one_project.sql("INSERT INTO item DEFAULT VALUES")
    one_project.db("enum", "check")
    written = {*one_project.revisions()}
    one_project.db("migrate", "-m", "third")
    others = {*one_project.revisions()} - written  # none, or an empty one, as env.py has it
    assert not [path for path in others if "op." in path.read_text(encoding="utf-8")]
    one_project.sql("DELETE FROM item WHERE id = 2")
    one_project.db("downgrade")  # from the second: the third was not applied
    assert one_project.dump() == before
    one_project.db("upgrade")
