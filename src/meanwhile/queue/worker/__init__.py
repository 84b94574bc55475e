"""A worker: a handful of roles, one role one file, each a thread with the same start, stop and turn."""
