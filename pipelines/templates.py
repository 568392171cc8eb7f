"""Templates of what people read: everything in them is escaped but what is marked as safe."""

import re
from functools import cache
from pathlib import Path

import jinja2


@cache
def template(path: Path) -> jinja2.Template:
    """A template beside the module that fills it in; a value that it lacks is an error, not a gap.

    Args:
        path: of the file; others beside it can be included.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(path.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kept"] = kept
    return environment.get_template(path.name)


def kept(text: str) -> str:
    r"""Keep both ends of an interval on one line: a browser would break it after the dash.

    >>> kept("39–45")
    '39–\u206045'
    """
    return re.sub(r"–(?=\d)", "–\u2060", text)
