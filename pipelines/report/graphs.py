"""Writing the graphs from the published file: apart from the page and the report, which do without networkx."""

from pathlib import Path

import polars as pl

from models.settings import Settings
from pipelines.files import write_whole
from pipelines.places import graph_paths
from pipelines.published_file import open_published
from pipelines.report.writing import writing
from transforms.graph import graphml_bytes, transition_graph


def write_graphs(settings: Settings) -> list[Path]:
    """Write the transitions up to the purchase as GraphML into the directory of reports, a file a level.

    Raises:
        WarehouseError: if the published file cannot be read, or the directory not be written.
    """
    with open_published(settings) as connection:
        edges = connection.sql("FROM transitions WHERE dimension = 'all' AND part = 'to_purchase'").pl()
    graphs = {
        path: transition_graph(edges.filter(pl.col("level") == level)) for level, path in graph_paths(settings).items()
    }
    with writing(settings.reports):
        return [write_whole(path, graphml_bytes(graph)) for path, graph in graphs.items()]
