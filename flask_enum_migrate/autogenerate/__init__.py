"""What ``flask db migrate`` and ``flask db check`` see of enums: Alembic's autogenerate."""

from __future__ import annotations
