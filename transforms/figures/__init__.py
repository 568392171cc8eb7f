"""Tables to Plotly figures: pure functions, one module a figure, drawn in the light colours of `look`."""

from transforms.figures.dwell import dwell_figure
from transforms.figures.funnel import funnel_figure
from transforms.figures.sankey import sankey_figure
from transforms.figures.touchpoints import touchpoints_figure

__all__ = ["dwell_figure", "funnel_figure", "sankey_figure", "touchpoints_figure"]
