"""Why the funnel leaks: where journeys are lost, what it would bring if fewer were, and who they are."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Why the funnel leaks")

with app.setup:
    import os

    import duckdb
    import marimo as mo
    import plotly.graph_objects as go

    database = os.environ.get("SOJOURN_DATABASE", "data/sojourn.duckdb")
    sojourn = duckdb.connect(database, read_only=True)


@app.cell
def _():
    mo.md("""
    # Why the funnel leaks

    A journey has dropped off when it was silent for longer than the journey window, or another one began. Until then
    it is open, and counts neither way: the rates are over mature journeys that are decided, with 95 % intervals.
    """)
    return


@app.cell
def _():
    phases = sojourn.sql("""
        SELECT phase, reached, progressed, stopped, still_open, dropped_off, drop_off_rate, drop_off_low, drop_off_high
        FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index
    """).pl()
    mo.ui.table(phases, selection=None)
    return (phases,)


@app.cell
def _(phases):
    kinds = ("progressed", "stopped", "still_open", "dropped_off")
    bars = [go.Bar(name=kind.replace("_", " "), y=phases["phase"], x=phases[kind], orientation="h") for kind in kinds]
    go.Figure(
        bars, go.Layout(barmode="stack", yaxis_autorange="reversed", xaxis_title="journeys that reached the phase")
    )
    return


@app.cell
def _():
    mo.md("""
    ## Where most is to be won

    How many more would buy, and for how much, if a tenth fewer had left there and gone on as the others did, with a
    95 % interval. Each place is reckoned alone: rows are not to be added up.
    """)
    return


@app.cell
def _():
    levers = sojourn.sql("""
        SELECT level, state, left_here, extra_purchases, low, high, extra_revenue
        FROM levers WHERE dimension = 'all' ORDER BY level, extra_purchases DESC, left_here DESC, state
    """).pl()
    mo.ui.table(levers, selection=None)
    return


@app.cell
def _():
    mo.md("""
    ## Where they were last seen

    Journeys that dropped off, by their furthest phase and last touchpoint.
    """)
    return


@app.cell
def _():
    leaks = sojourn.sql("""
        SELECT phase, touchpoint, dropped_off, share, cumulative_share
        FROM leaks WHERE dimension = 'all' ORDER BY dropped_off DESC, phase, touchpoint
    """).pl()
    mo.ui.table(leaks, selection=None)
    return (leaks,)


@app.cell
def _(leaks):
    exits = {
        f"{phase}: {touchpoint}": (phase, touchpoint) for phase, touchpoint in leaks["phase", "touchpoint"].iter_rows()
    }
    leak = mo.ui.dropdown(exits, value=next(iter(exits), None), label="Who left at")
    leak
    return (leak,)


@app.cell
def _(leak):
    phase, touchpoint = leak.value or (None, None)
    lost = sojourn.sql(
        "SELECT journey_id, person_id, first_channel, device_category, session_count, touchpoint_count, ended_at"
        " FROM drill('leaks', phase := $phase, touchpoint := $touchpoint)",
        params={"phase": phase, "touchpoint": touchpoint},
    ).pl()
    mo.ui.table(lost, selection=None)
    return (lost,)


@app.cell
def _(lost):
    mo.md("## The first of them, event by event") if lost.height else None
    return


@app.cell
def _(lost):
    story = sojourn.sql(
        "SELECT occurred_at, event_name, page_path, touchpoint, phase FROM events_of($journey)",
        params={"journey": lost["journey_id"][0] if lost.height else None},
    ).pl()
    mo.ui.table(story, selection=None, page_size=20)
    return


if __name__ == "__main__":
    app.run()
