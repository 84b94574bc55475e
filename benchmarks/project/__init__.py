"""The site that is measured: one project, with Meanwhile in it or without."""
