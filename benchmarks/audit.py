"""The table that is migrated: an audit log whose columns are of an enum type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.apps import OURS
from benchmarks.apps import App
from benchmarks.lab import Lab
from benchmarks.lab import execute
from benchmarks.lab import query

LABELS = ("login", "logout", "failure", "reset")

_MODELS = """
import sqlalchemy as sa

LABELS = {labels!r}
audit = db.Table(
    "audit",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False, index=True),
    *(
        sa.Column(name, sa.Enum(*LABELS, name="eventtype"), nullable=False, index=name == "kind")
        for name in {own!r}
    ),
    *(sa.Column(name, sa.Enum(*{first!r}, name="othertype")) for name in {others!r}),
    sa.Column("detail", sa.Text, nullable=False),
)
"""


@dataclass(frozen=True)
class Audit:
    """An app and its database with the audit log.

    :param url: plain URL of the database.
    :param labels: the labels of the type.
    :param columns: the columns of the type; ``kind`` is indexed, and so is ``at``.
    :param others: columns of a type that doesn't change.
    """

    app: App
    url: str
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    others: tuple[str, ...]

    def models(self, labels: Sequence[str]) -> str:
        """Return the models' source with other labels."""
        return _models(self.labels, labels, self.columns, self.others)

    def rows(self, url: str) -> list[tuple[object, ...]]:
        """Return how many rows hold what, in each column."""
        columns = ", ".join(f"{name}::text" for name in self.columns)
        return query(
            url, f"SELECT count(*), sum(id), {columns} FROM audit GROUP BY {columns} ORDER BY 2"
        )

    def expected(self, moved: dict[str, str]) -> list[tuple[object, ...]]:
        """Return what :meth:`rows` gives once labels became others."""
        found: dict[tuple[object, ...], list[int]] = {}
        for number, total, *held in self.rows(self.url):
            key = tuple(moved.get(str(label), label) for label in held)
            sums = found.setdefault(key, [0, 0])
            sums[0] += int(str(number))
            sums[1] += int(str(total))
        rows: list[tuple[object, ...]] = [(*sums, *key) for key, sums in found.items()]
        return sorted(rows, key=lambda row: int(str(row[1])))


def audit_log(
    lab: Lab, rows: int, *, labels: Sequence[str] = LABELS, columns: int = 2, others: int = 0
) -> Audit:
    """Make an app with this extension, its database by ``flask db migrate``, and fill that.

    :param columns: how many columns of the type.
    :param others: how many of a type that stays.
    """
    own = ("kind", *(f"kind_{n}" for n in range(2, columns + 1)))
    kept = tuple(f"other_{n}" for n in range(1, others + 1))
    url = lab.create()
    app = App(lab, OURS, _models(labels, labels, own, kept))
    app.start(url)
    app.run(url, "db", "migrate", "--rev-id", "first", "&&", "db", "upgrade")
    values = [
        *(f"(enum_range(NULL::eventtype))[1 + (i + {n}) % {len(labels)}]" for n in range(columns)),
        *(f"(enum_range(NULL::othertype))[1 + (i + {n}) % {len(labels)}]" for n in range(others)),
    ]
    execute(
        url,
        f"""INSERT INTO audit SELECT i, timestamp '2026-01-01' + i * interval '1 second',
            {", ".join(values)}, md5(i::text) FROM generate_series(1, {rows}) i""",
        "VACUUM (FREEZE, ANALYZE) audit",
        "VACUUM ANALYZE pg_class, pg_attribute, pg_type, pg_enum, pg_depend, pg_proc, pg_index",
    )
    return Audit(app, url, tuple(labels), own, kept)


def _models(
    first: Sequence[str], labels: Sequence[str], own: Sequence[str], others: Sequence[str]
) -> str:
    return _MODELS.format(labels=tuple(labels), own=own, others=others, first=tuple(first))
