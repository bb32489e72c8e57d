"""Results as text: lines that the terminal prints, and that an AssertionError can hold."""

from __future__ import annotations
