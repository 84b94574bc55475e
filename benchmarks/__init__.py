"""What Meanwhile costs and how fast it is, as ratios measured side by side in one run. See README.md."""
