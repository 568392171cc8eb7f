"""Tables to Plotly figures: pure functions, one module a figure, drawn in the light colours of `look`."""

from transforms.figures.channels import channels_figure
from transforms.figures.contacts import contacts_figure
from transforms.figures.curves import curves_figure
from transforms.figures.days import days_figure
from transforms.figures.dwell import dwell_figure
from transforms.figures.funnel import funnel_figure
from transforms.figures.levers import levers_figure
from transforms.figures.matrix import matrix_figure
from transforms.figures.pages import pages_figure
from transforms.figures.sankey import sankey_figure
from transforms.figures.segments import segments_figure
from transforms.figures.touchpoints import touchpoints_figure

__all__ = [
    "channels_figure",
    "contacts_figure",
    "curves_figure",
    "days_figure",
    "dwell_figure",
    "funnel_figure",
    "levers_figure",
    "matrix_figure",
    "pages_figure",
    "sankey_figure",
    "segments_figure",
    "touchpoints_figure",
]
