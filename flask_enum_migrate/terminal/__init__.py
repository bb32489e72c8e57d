"""The commands: options in, text and exit codes out. Nothing else in this package speaks."""

from __future__ import annotations
