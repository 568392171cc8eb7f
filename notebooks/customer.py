"""Following one customer: a person's journeys, the touchpoints of each, and the events behind them."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Following one customer")

with app.setup:
    import os

    import duckdb
    import marimo as mo

    database = os.environ.get("SOJOURN_DATABASE", "data/sojourn.duckdb")
    sojourn = duckdb.connect(database, read_only=True)


@app.cell
def _():
    mo.md("""
    # Following one customer

    Those who bought most often stand first. Write any other `person_id` into the field.
    """)
    return


@app.cell
def _():
    persons = sojourn.sql("""
        SELECT person_id, purchase_count, revenue, journey_count, session_count, device_count, first_channel
        FROM persons ORDER BY purchase_count DESC, journey_count DESC, person_id LIMIT 100
    """).pl()
    mo.ui.table(persons, selection=None)
    return (persons,)


@app.cell
def _(persons):
    first = persons["person_id"][0] if persons.height else ""
    person = mo.ui.text(value=first, label="person_id", full_width=True)
    person
    return (person,)


@app.cell
def _(person):
    journeys = sojourn.sql(
        "SELECT journey_number, started_at, ended_at, outcome, first_channel, session_count, touchpoint_count, revenue,"
        " array_to_string(phase_path, ' > ') AS phases, journey_id"
        " FROM journeys WHERE person_id = $person ORDER BY journey_number",
        params={"person": person.value},
    ).pl()
    mo.ui.table(journeys, selection=None, wrapped_columns=["phases"])
    return (journeys,)


@app.cell
def _():
    mo.md("""
    ## Touchpoint by touchpoint
    """)
    return


@app.cell
def _(person):
    touchpoints = sojourn.sql("FROM journey_of($person)", params={"person": person.value}).pl()
    mo.ui.table(touchpoints, selection=None, page_size=30)
    return


@app.cell
def _(journeys):
    numbers = {str(number): key for number, key in journeys["journey_number", "journey_id"].iter_rows()}
    journey = mo.ui.dropdown(numbers, value=next(iter(numbers), None), label="Events of journey")
    journey
    return (journey,)


@app.cell
def _(journey):
    events = sojourn.sql("FROM events_of($journey)", params={"journey": journey.value}).pl()
    mo.ui.table(events, selection=None, page_size=30)
    return


if __name__ == "__main__":
    app.run()
