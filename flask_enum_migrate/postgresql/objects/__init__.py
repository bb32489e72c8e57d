"""What hangs on a type: a module a kind."""

from __future__ import annotations
