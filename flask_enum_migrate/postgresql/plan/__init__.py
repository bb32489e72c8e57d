"""Changes and facts in, statements out. Pure."""

from __future__ import annotations
