"""A naive second reading of the definitions, in loops over dicts, to check the product against row for row.

Nothing here may import from `transforms` or `pipelines`: two programs that agree are worth something only
as long as neither has copied from the other.
"""

from tests.reference.compare import compare
from tests.reference.currency import own_currency
from tests.reference.events import as_of, read_exports
from tests.reference.figures import figures
from tests.reference.money import currency_rows, money_figures
from tests.reference.natural import KEYS, with_natural_keys
from tests.reference.persons import person_rows
from tests.reference.rebuild import rebuild
from tests.reference.worlds import Lifecycle, Phase, Touchpoint, events

__all__ = [
    "KEYS",
    "Lifecycle",
    "Phase",
    "Touchpoint",
    "as_of",
    "compare",
    "currency_rows",
    "events",
    "figures",
    "money_figures",
    "own_currency",
    "person_rows",
    "read_exports",
    "rebuild",
    "with_natural_keys",
]
