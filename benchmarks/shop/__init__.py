"""An app of its own for the benchmark of the Studio's lists: three types of record and twenty trees."""
