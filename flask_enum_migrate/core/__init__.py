"""The part that knows enums and nothing else: standard library only, no input or output."""
