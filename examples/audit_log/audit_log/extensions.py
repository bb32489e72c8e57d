"""The extensions, bound to an app by :func:`audit_log.create_app`."""

from __future__ import annotations

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from flask_enum_migrate import EnumMigrate

db = SQLAlchemy()
migrate = Migrate()
enum_migrate = EnumMigrate()
