"""All migrations of an app, run in empty databases of a throwaway server."""

from __future__ import annotations
