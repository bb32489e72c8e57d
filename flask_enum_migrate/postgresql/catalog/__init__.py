"""What the database says: the only rooms of PostgreSQL with a connection."""

from __future__ import annotations
