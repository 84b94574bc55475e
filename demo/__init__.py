"""A small airline that shows what happens before the next page and what happens meanwhile: ``python -m demo``."""
