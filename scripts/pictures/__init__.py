"""Pictures of the Studio for the documentation, taken from the running demo: ``python -m scripts.pictures``."""
