"""Dagster and the outside world: files, DuckDB, the command line. An asset calls one function and returns."""
