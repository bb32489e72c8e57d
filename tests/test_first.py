from __future__ import annotations

from tests.project import Project

MODELS = """
class EventType(enum.Enum):
    {labels}

class Audit(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    event = db.Column(db.Enum(EventType), nullable=False, server_default="LOGIN")
    other = db.Column(db.Enum(EventType))
    history = db.Column(db.ARRAY(db.Enum(EventType)))
"""


def models(*labels: str) -> str:
    return MODELS.format(labels="; ".join(f"{label} = {i}" for i, label in enumerate(labels)))


ROWS = "INSERT INTO audit (event, other, history) VALUES ('LOGIN', NULL, '{LOGIN,LOGOUT}'), ('LOGOUT','LOGIN', NULL)"

def test_add(project: Project) -> None:
    project.start(models("LOGIN", "LOGOUT"), ROWS)
    project.models(models("LOGIN", "LOGIN2", "LOGOUT"))
    source = project.round_trip()
    print(source)

def test_remove(project: Project) -> None:
    project.start(models("LOGIN", "LOGOUT", "GONE"), ROWS)
    project.models(models("LOGIN", "LOGOUT"))
    source = project.round_trip()
    print(source)

def test_mixed(project: Project) -> None:
    project.start(models("LOGIN", "LOGOUT", "GONE", "C"), ROWS, "UPDATE audit SET other='GONE'")
    project.models(models("C","NEW", "LOGOUT", "LOGIN3"))
    r = project.sync(expect=1)
    print(r.output)
    source = project.round_trip("--rename", "LOGIN=LOGIN3", "--map", "eventtype.GONE=LOGOUT", merges=True)
    print(source)
