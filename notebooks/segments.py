"""Comparing segments: who buys more, whether that is more than chance, and on which steps they part."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Comparing segments")

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
    # Comparing segments

    Each segment stands beside all journeys that are not in it. A difference is called significant where it would be
    after correction for all that are looked at; it tells that they differ, not why.
    """)
    return


@app.cell
def _():
    dimensions = sojourn.sql("SELECT DISTINCT dimension FROM kpis WHERE dimension <> 'all' ORDER BY dimension").pl()
    names = dimensions["dimension"].to_list()
    dimension = mo.ui.dropdown(names, value="device_category", label="Compare by")
    dimension
    return (dimension,)


@app.cell
def _(dimension):
    segments = sojourn.sql("FROM compare_segments($dimension)", params={"dimension": dimension.value}).pl()
    mo.ui.table(segments, selection=None)
    return (segments,)


@app.cell
def _(segments):
    rated = segments.filter(segments["conversion_rate"].is_not_null())
    above = rated["conversion_high"] - rated["conversion_rate"]
    below = rated["conversion_rate"] - rated["conversion_low"]
    points = go.Scatter(
        y=rated["segment"], x=rated["conversion_rate"], error_x={"array": above, "arrayminus": below}, mode="markers"
    )
    go.Figure(points, go.Layout(xaxis_title="conversion rate, with 95 % interval", xaxis_tickformat=".1%"))
    return


@app.cell
def _():
    mo.md("""
    ## On which steps they part

    A funnel of one's own, for each segment. The steps are touchpoints of the lifecycle.
    """)
    return


@app.cell
def _():
    touchpoints = (
        sojourn.sql("""
        SELECT touchpoint FROM touchpoint_metrics JOIN lifecycle USING (touchpoint)
        WHERE dimension = 'all' ORDER BY phase_index, journeys DESC, touchpoint
    """)
        .pl()["touchpoint"]
        .to_list()
    )
    usual = [name for name in ("product_view", "add_to_cart", "purchase") if name in touchpoints]
    steps = mo.ui.multiselect(touchpoints, value=usual or touchpoints[:3], label="Steps")
    order = mo.ui.dropdown(["loose", "strict", "any"], value="loose", label="Order")
    mo.hstack([steps, order], justify="start")
    return order, steps


@app.cell
def _(dimension, order, steps):
    funnel = sojourn.sql(
        "SELECT segment, step_number, step, reached, reached_share, dropped_off, still_open, drop_off_rate"
        " FROM funnel($steps, ordered := $ordered, dimension := $dimension)",
        params={"steps": steps.value, "ordered": order.value, "dimension": dimension.value},
    ).pl()
    mo.ui.table(funnel, selection=None, page_size=30)
    return (funnel,)


@app.cell
def _(funnel):
    lines = [
        go.Scatter(name=segment, x=rows["step"], y=rows["reached_share"], mode="lines+markers")
        for (segment,), rows in funnel.group_by("segment", maintain_order=True)
    ]
    go.Figure(lines, go.Layout(yaxis_tickformat=".0%", yaxis_title="share of those at the first step"))
    return


@app.cell
def _():
    mo.md("""
    ## Who comes again

    Of the persons first seen in a month: who came in the months after. A month that is not over has no share yet.
    """)
    return


@app.cell
def _():
    retention = sojourn.sql("FROM retention('month')").pl()
    mo.ui.table(retention, selection=None, page_size=30)
    return


if __name__ == "__main__":
    app.run()
