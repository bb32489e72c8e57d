"""What a server or its driver said, on one line, and what to do about it."""

from __future__ import annotations

import re
import traceback

from flask import current_app
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from ..core.diagnosis import sqlstate
from ..core.diagnosis import told


def said(error: DBAPIError) -> str:
    """Return what the database said, without the statement and the last full stop."""
    parts = (told(error.orig, "message_primary"), told(error.orig, "message_detail"))
    # libpq tells one thing a line, and ends few of them like a sentence.
    all_told = [part for part in parts if part] or str(error.orig).splitlines()
    lines = [" ".join(line.split()) for line in all_told]
    ended = (line if line[-1] in ".?!:;" else f"{line}." for line in lines if line)
    return masked(" ".join(ended)).removesuffix(".")


def masked(text: str) -> str:
    """Return a message on one line and without the password of any URL or ``password=…``."""
    line = re.sub(r"(://[^:@/\s]*):\S*@", r"\1:***@", " ".join(text.split()))
    quoted, bare = r"'(?:[^'\\]|\\.|'')*'", r"(?:[^\s&\\]|\\.)+"
    return re.sub(rf"(?i)(password\s*=\s*)({quoted}|{bare})", r"\1***", line)


def sentence(text: str) -> str:
    """Return what was said with a full stop, unless it has another end."""
    return text if text[-1:] in "?!" else f"{text}."


def shown(url: URL) -> str:
    """Return a URL without its password, wherever that stands in it."""
    return masked(url.render_as_string())


def refused(error: DBAPIError) -> tuple[str, str]:
    """Return why a database can't be looked at, and what to do about it."""
    return f"The database refused: {sentence(said(error))}", _advice(error)


_RIGHTS = {"table": "SELECT ON", "view": "SELECT ON", "schema": "USAGE ON SCHEMA"}


def _advice(error: DBAPIError) -> str:
    url = _url(error)
    if sqlstate(error.orig) == "42501":  # insufficient_privilege
        named = re.search(r"\b(table|view|schema) (.+)$", said(error))
        role = identifier(url.username) if url is not None and url.username else "this role"
        if named:
            right = f"{_RIGHTS[named[1]]} {identifier(named[2])}"
            return f"Let the role read it: GRANT {right} TO {role}"
        return f"Give {role} the right to read that."
    return f"Check {_setting(url)}, and that the server runs and lets this role in."


def _url(error: DBAPIError) -> URL | None:
    """Return the URL of the engine that an error came from, where its traceback knows it."""
    found = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        engine = owner.engine if isinstance(owner, Connection) else owner
        if isinstance(engine, Engine):
            found = engine.url
    return found


def _setting(url: URL | None) -> str:
    """Return the setting that a URL comes from, or the default one."""
    engines = getattr(current_app.extensions["migrate"].db, "engines", {})
    keys = [key for key, engine in engines.items() if url and _place(engine.url) == _place(url)]
    if keys and None not in keys:
        return f"SQLALCHEMY_BINDS[{keys[0]!r}]"
    return "SQLALCHEMY_DATABASE_URI"


def _place(url: URL) -> tuple[str | int | None, ...]:
    return url.host, url.port, url.database, url.username


def identifier(name: str) -> str:
    """Return a name as SQL writes it."""
    return postgresql.dialect().identifier_preparer.quote(name)  # type: ignore[no-untyped-call]
