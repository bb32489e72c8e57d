"""What ``Project.start`` did once: the migration that it wrote, and the SQL that this ran.

Many tests begin as another did, on the same server or the other, and ``flask db init``, ``migrate``
and ``upgrade`` took a third of their time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg

PLAIN = (str, int, float, bool, type(None))
COMPILED = shutil.ignore_patterns("__pycache__")
OBJECTS = """
SELECT count(*) FROM (
    SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_type
    UNION ALL SELECT oid FROM pg_proc UNION ALL SELECT oid FROM pg_namespace
) there WHERE oid >= 16384
"""
"""What the database has beside PostgreSQL's own (FirstNormalObjectId)."""


@dataclass(frozen=True)
class Start:
    """One beginning, which all processes of a test run share.

    :param folder: where it lies, or will.
    """

    folder: Path

    @property
    def known(self) -> bool:
        return self.folder.is_dir()

    def keep(self, migrations: Path, sent: Sequence[tuple[str, object]]) -> None:
        """Keep it, unless something else than its SQL decided what it did."""
        changes = [(sql, values) for sql, values in sent if not reads(sql)]
        if any(values or "%" in sql for sql, values in changes):
            return
        made = Path(mkdtemp(dir=self.folder.parent))
        shutil.copytree(migrations, made / "migrations", ignore=COMPILED)
        script = ";\n".join(sql.strip().removesuffix(";") for sql, _ in changes)
        (made / "upgrade.sql").write_text(script, encoding="utf-8")
        with suppress(OSError):  # another process was quicker
            made.rename(self.folder)

    def repeat(self, migrations: Path) -> str:
        """Copy the migrations, and return the SQL."""
        shutil.copytree(self.folder / "migrations", migrations)
        return (self.folder / "upgrade.sql").read_text(encoding="utf-8")


def start_of(folder: Path, url: str, *parts: object) -> Start | None:
    """Return the beginning for what decides it; None where more may than can be told.

    :param folder: where those of this test run lie.
    :param url: plain URL of the database, which has to be empty.
    :param parts: all that decides what is written and run.
    """
    if not all(map(plain, parts)):
        return None
    with psycopg.connect(url) as connection:
        found = connection.execute(OBJECTS).fetchone()
    if found is None or found[0]:
        return None
    told = hashlib.sha256(repr(parts).encode()).hexdigest()
    return Start(folder / told)


def shared_folder(of_a_test: Path) -> Path:
    """Return a folder that all processes of this test run share.

    :param of_a_test: pytest's own for one test.
    """
    each = of_a_test.parent
    folder = (each.parent if "PYTEST_XDIST_WORKER" in os.environ else each) / "starts"
    folder.mkdir(exist_ok=True)
    return folder


def plain(value: Any) -> bool:
    """Return whether the value's repr says all of it."""
    if isinstance(value, dict):
        return all(plain(key) and plain(one) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    return type(value) in PLAIN


def reads(sql: str) -> bool:
    return sql.split(None, 1)[0].lower() in {"select", "show"}
