"""What things are and what the numbers mean: contracts, settings, lifecycles, channels and the SQL of the marts.

Nothing here reads a clock, opens a database or knows Dagster.
"""
