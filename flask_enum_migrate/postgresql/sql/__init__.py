"""SQL as text: nothing else here writes or quotes any."""

from __future__ import annotations
