"""Make and change event trees in the browser, try them, publish them, and watch what every run did."""
