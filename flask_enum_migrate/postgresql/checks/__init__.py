"""Enums that are strings under a CHECK: ``native_enum=False`` on PostgreSQL."""
