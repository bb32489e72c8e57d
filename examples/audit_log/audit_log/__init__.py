"""An app that keeps an audit log, the example of Flask-Enum-Migrate."""

from __future__ import annotations

import os

from flask import Flask

from audit_log.extensions import db
from audit_log.extensions import enum_migrate
from audit_log.extensions import migrate


def create_app() -> Flask:
    """Make the app, on the database that ``DATABASE_URL`` names."""
    from audit_log import models  # noqa: F401  (registers the tables)

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_uri()
    db.init_app(app)
    migrate.init_app(app, db)
    enum_migrate.init_app(app)
    return app


def database_uri() -> str:
    """Return ``DATABASE_URL`` with the driver named.

    Which driver a plain ``postgresql://`` means depends on the version of SQLAlchemy: psycopg2 in
    2.0, psycopg 3 since 2.1.
    """
    uri = os.environ["DATABASE_URL"]
    scheme, separator, rest = uri.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg2"
    return scheme + separator + rest
