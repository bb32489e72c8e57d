"""Find the binds whose models nobody looks at."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from typing import Any

from flask import current_app

from . import models


def unseen(tables: Collection[str]) -> Iterator[str]:
    """Yield the PostgreSQL binds of the current app with enums in tables that env.py left out.

    That of Flask-Migrate's plain template looks at the default bind alone.

    :param tables: the keys of the tables that env.py gave Alembic.
    :return: names of binds, ``""`` for the default one.
    """
    db: Any = current_app.extensions["migrate"].db
    engines: Any = getattr(db, "engines", {})
    for bind, metadata in getattr(db, "metadatas", {}).items():
        left_out = [table for table in metadata.tables.values() if table.key not in tables]
        if not left_out or bind not in engines:
            continue
        if engines[bind].dialect.name == "postgresql" and models.use_enums(left_out):
            yield bind or ""
