"""A tour of the tables: what the file holds, how it joins, and how far it can be trusted."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A tour of the tables")

with app.setup:
    import os

    import duckdb
    import marimo as mo

    database = os.environ.get("SOJOURN_DATABASE", "data/sojourn.duckdb")
    sojourn = duckdb.connect(database, read_only=True)


@app.cell
def _():
    mo.md("""
    # A tour of the tables

    The file explains itself. `README` is a view in it: where to begin, then every table and macro with a query that
    runs.
    """)
    return


@app.cell
def _():
    beginnings = sojourn.sql("SELECT name, what, example FROM README WHERE topic = 'begin' ORDER BY place").pl()
    mo.ui.table(beginnings, selection=None, wrapped_columns=["what", "example"])
    return


@app.cell
def _():
    mo.md("""
    ## From events to journeys

    Events make sessions, sessions make journeys. What a person does is a touchpoint, a run of touchpoints in one phase
    a stay. Columns of one name join.
    """)
    return


@app.cell
def _():
    counts = sojourn.sql("""
        SELECT 'events' AS table_name, count(*) AS row_count FROM events
        UNION ALL SELECT 'sessions', count(*) FROM sessions
        UNION ALL SELECT 'touchpoints', count(*) FROM touchpoints
        UNION ALL SELECT 'stays', count(*) FROM stays
        UNION ALL SELECT 'journeys', count(*) FROM journeys
        UNION ALL SELECT 'persons', count(*) FROM persons
    """).pl()
    mo.ui.table(counts, selection=None)
    return


@app.cell
def _():
    tables = sojourn.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY table_name").pl()
    names = tables["table_name"].to_list()
    chosen = mo.ui.dropdown(names, value="journeys", label="What is in")
    chosen
    return (chosen,)


@app.cell
def _(chosen):
    described = sojourn.sql(
        "SELECT column_name, data_type, comment FROM duckdb_columns()"
        " WHERE schema_name = 'main' AND table_name = $name ORDER BY column_index",
        params={"name": chosen.value},
    ).pl()
    mo.ui.table(described, selection=None, page_size=50, wrapped_columns=["comment"])
    return


@app.cell
def _(chosen):
    rows = sojourn.table(chosen.value).limit(20).pl()
    mo.ui.table(rows, selection=None)
    return


@app.cell
def _():
    mo.md("""
    ## How far can it be trusted?

    For every file, rows read = events + duplicates + quarantined + excluded. What cannot be followed, recognised or
    decided yet is told as a share.
    """)
    return


@app.cell
def _():
    quality = sojourn.sql("SELECT name, value, meaning FROM quality ORDER BY name").pl()
    mo.ui.table(quality, selection=None, page_size=50, wrapped_columns=["meaning"])
    return


if __name__ == "__main__":
    app.run()
