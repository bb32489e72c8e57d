"""The audit log: who did what, and when."""

from __future__ import annotations

import enum

from audit_log.extensions import db


class EventType(enum.Enum):
    """What can happen. PostgreSQL holds the names as labels of the type ``eventtype``."""

    LOGIN_SUCCESS = "login_success"
    LOGIN_FAILURE = "login_failure"
    PASSWORD_CHANGE = "password_change"
    PASSWORD_RESET = "password_reset"
    OTHER = "other"


class AuditEvent(db.Model):
    """One line of the log."""

    id = db.Column(db.Integer, primary_key=True)
    event = db.Column(
        db.Enum(EventType), nullable=False, index=True, server_default=EventType.OTHER.name
    )
    username = db.Column(db.String(80), nullable=False)
    ip_address = db.Column(db.String(45))
    happened_at = db.Column(
        db.DateTime(timezone=True), nullable=False, server_default=db.func.now()
    )
