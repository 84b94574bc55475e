"""Durable jobs: one table, claimed in batches, leased, done step by step. Knows nothing of trees or browsers."""
