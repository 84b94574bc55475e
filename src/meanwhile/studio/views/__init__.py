"""The pages of the Studio, one a file."""
