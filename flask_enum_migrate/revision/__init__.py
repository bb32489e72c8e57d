"""The revision file: its Python source, how it is written, and its SQL without a database."""

from __future__ import annotations
