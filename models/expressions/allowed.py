"""What an expression may call and cast to. Whatever is not listed here is refused."""

from dataclasses import dataclass

from models.errors import did_you_mean
from models.expressions.errors import ExpressionError

PAGE = "docs/expressions.md"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALIKE = _words(
    """
    abs ceil ceiling char_length character_length coalesce concat date_part day dayofweek dayofyear ends_with floor
    greatest hour if ifnull least left length lower ltrim minute mod month nullif pow power quarter regexp_replace
    replace reverse right rtrim second sign split_part sqrt starts_with strftime substr substring trim upper week year
    """
)
"""Functions that Polars and DuckDB read alike."""
OF_DUCKDB = _words(
    """
    array_length contains date_diff date_trunc datediff datepart datetrunc dayname dayofmonth epoch epoch_ms exp instr
    isfinite isinf isnan isodow isoyear last_day lcase len list_contains ln log log10 log2 monthname position prefix
    regexp_extract regexp_full_match regexp_matches round str_split string_split strip_accents strlen strpos suffix
    trunc ucase weekday weekofyear
    """
)
"""Functions that DuckDB alone knows, or that Polars reads otherwise."""
OF_PARAMS = frozenset({"param_text", "param_number"})
"""Macros of the build file that read one param of an event."""
TYPES_ALIKE = {
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "SMALLINT": "SMALLINT",
    "INT": "INTEGER",
    "INTEGER": "INTEGER",
    "BIGINT": "BIGINT",
    "FLOAT": "FLOAT",
    "REAL": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DECIMAL": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "VARCHAR": "VARCHAR",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
}
"""The plain types that may be cast to, and how they are written."""

_OTHERS = {
    "asks the clock; compare with a column, or with a day such as DATE '2026-01-31'": """
        age clock_timestamp current_date current_localtime current_localtimestamp current_time current_timestamp
        get_current_date get_current_time get_current_timestamp localtime localtimestamp now statement_timestamp today
        transaction_timestamp
    """,
    "asks chance; the same rows must give the same answer every night": """
        currval gen_random_uuid nextval rand random setseed uuid uuidv4 uuidv7
    """,
    "looks at other rows too (an aggregate or a window); an expression sees one row only": """
        any_value approx_count_distinct arg_max arg_min array_agg avg bool_and bool_or count count_if count_star
        countif cume_dist dense_rank first first_value fsum group_concat histogram lag last last_value lead list
        listagg max mean median min mode nth_value ntile percent_rank product quantile quantile_cont quantile_disc rank
        row_number stddev string_agg sum var_pop var_samp variance
    """,
    "reads what is not in the row": """
        current_catalog current_database current_query current_role current_schema current_schemas current_setting
        current_user getenv getvariable glob in_search_path parquet_metadata parquet_schema pragma_version query
        query_table session_user sniff_csv user version
    """,
}
_WHY_NOT = {name: why for why, names in _OTHERS.items() for name in _words(names)}
COUNTS_ROWS = frozenset({"OVER", "FILTER", "WITHIN"})
"""Words that turn the call before them into a window or an aggregate."""


@dataclass(frozen=True)
class Allowed:
    """What expressions of one kind may use.

    Args:
        functions: their names, in lower case.
        has_fields: whether columns may be named with their table, and fields of columns, as in `persons.revenue`.
        duckdb: whether DuckDB alone reads it; else Polars and DuckDB have to read it alike.
    """

    functions: frozenset[str]
    has_fields: bool
    duckdb: bool


RULE = Allowed(ALIKE, has_fields=False, duckdb=False)
"""A touchpoint's rule: over a session or an event, read by Polars and DuckDB alike."""
JOURNEY_ROW = Allowed(ALIKE | OF_DUCKDB, has_fields=True, duckdb=True)
"""A persona: over a journey and its person."""
EXPORT_ROW = Allowed(ALIKE | OF_DUCKDB | OF_PARAMS, has_fields=True, duckdb=True)
"""The setting `exclude`: over a row of an export."""


def refused_function(name: str, allowed: Allowed) -> ExpressionError:
    """Say why a function may not be called.

    >>> print(refused_function("now", RULE))
    calls now, which asks the clock; compare with a column, or with a day such as DATE '2026-01-31'
    >>> print(refused_function("lpad", RULE))
    calls lpad, which is not allowed; docs/expressions.md lists what is allowed
    """
    if name in OF_DUCKDB | OF_PARAMS:
        why = "Polars and DuckDB do not read alike" if name in OF_DUCKDB else "reads exports"
        return ExpressionError(f"calls {name}, which {why}, so a rule cannot use it; {PAGE} lists what is allowed")
    if name.startswith(("read_", "pg_read")):
        return ExpressionError(f"calls {name}, which reads what is not in the row")
    if name in _WHY_NOT:
        return ExpressionError(f"calls {name}, which {_WHY_NOT[name]}")
    near = did_you_mean(name, allowed.functions)
    lists = f" ({PAGE} lists what is allowed)" if near else f"; {PAGE} lists what is allowed"
    return ExpressionError(f"calls {name[:60]}, which is not allowed{near}{lists}")


def refused_word(word: str) -> ExpressionError | None:
    """Say why a bare word may not stand in an expression; None where it may be a column.

    Some functions are called without brackets; of these only those of the clock and the user exist.
    """
    name = word.lower()
    if name.startswith(("current_", "local", "session_")) and name in _WHY_NOT:
        return ExpressionError(f"names {name}, which {_WHY_NOT[name]}")
    if word.upper() in {"SELECT", "FROM", "WITH", "VALUES", "EXISTS", "TABLE", "DESCRIBE", "SHOW", "SUMMARIZE"}:
        return ExpressionError(f"asks another table ({word.upper()}); an expression sees one row only")
    return None
