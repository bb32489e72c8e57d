"""Write and check migrations of PostgreSQL enum types when Python enums change."""

from __future__ import annotations

from .extension import EnumMigrate

__version__ = "0.1.0"
__all__ = ["EnumMigrate"]
