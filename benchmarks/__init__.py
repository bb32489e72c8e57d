"""Measure what migrations and commands cost, beside the alternatives: ``make bench``."""

from __future__ import annotations
