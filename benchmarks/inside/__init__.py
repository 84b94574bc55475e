"""The halves of the benchmarks that run inside a Django process (see `benchmarks.child`)."""
