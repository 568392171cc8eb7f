"""The command line: `sojourn`."""
