"""Pure functions in Polars, frame in and frame out: what turns events into sessions, journeys and stays."""
