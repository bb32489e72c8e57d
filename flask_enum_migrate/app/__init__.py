"""What is known of the app: its models, binds and env.py, and what its database's driver says."""

from __future__ import annotations
