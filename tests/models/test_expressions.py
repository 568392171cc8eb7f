"""Expressions from files: what is allowed means the same when it is written anew, and nothing else gets through."""

import json
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.expressions import EXPORT_ROW, JOURNEY_ROW, RULE, Allowed, ExpressionError, read_expression
from models.expressions.allowed import ALIKE, OF_DUCKDB, OF_PARAMS, TYPES_ALIKE
from models.expressions.pieces import MAX_BRANCHES, MAX_DEPTH, MAX_GROWTH, MAX_PARTS, MAX_PATTERNS
from models.expressions.tokens import MAX_CHARACTERS

KINDS = {"rule": RULE, "persona": JOURNEY_ROW, "exclude": EXPORT_ROW}
SMALL_STACK = 512 * 1024
"""Bytes of the stack of a thread on macOS; on Linux it is sixteen times as large."""
FRAME = pl.DataFrame(
    {
        "s": ["abcdef", "Ab", "ø x ", None, "", "a-b-a"],
        "u": ["a", "B", "ø", None, "x", "a"],
        "n": [7, -7, 0, None, 3, -3],
        "f": [2.5, -2.5, 0.0, None, 1.45, -0.5],
        "t": [
            datetime(2020, 1, 1, 10, 3, 4),
            datetime(2021, 3, 28, 2),
            datetime(2020, 2, 29),
            None,
            datetime(1999, 12, 31, 23, 59, 59),
            datetime(2024, 12, 29),
        ],
        "d": [date(2020, 1, 1), date(2021, 3, 28), date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 12, 29)],
        "b": [True, False, None, True, False, None],
    },
    schema_overrides={"n": pl.Int64(), "t": pl.Datetime("us")},
)
READ_ALIKE = """
    lower(s) = 'ab' | upper(s) = 'AB' | trim(s) = 'ø x' | ltrim(s) = 'a' | rtrim(s) = 'ø x' | length(s) > 2
    char_length(s) = 6 | character_length(s) = 6 | starts_with(s, 'a') | ends_with(s, 'a') | substr(s, 2) = 'b'
    substring(s, 2, 1) = 'b' | left(s, 1) = 'a' | right(s, 2) = 'ef' | replace(s, 'a', 'xy') = 'xyb'
    reverse(s) = 'bA' | concat(s, u) = 'Aba' | split_part(s, '-', 2) = 'b' | coalesce(s, u) = '' | ifnull(s, u) = 'Ab'
    nullif(u, s) IS NULL | greatest(n, 1) = 1 | least(n, 1) = 1 | abs(n) = 7 | ceil(f) = 3 | ceiling(f) = 3
    floor(f) = 2 | sign(n) = -1 | mod(n, 3) = 1 | n % 3 = -1 | n // 2 = 3 | n / 2 = 3.5 | n * 2 - 1 + 3 > 4
    sqrt(abs(n)) > 1.7 | pow(f, 2) > 1 | power(n, 2) = 49 | if(b, 1, 2) = 2 | year(t) = 2020 | month(t) = 12
    day(t) = 29 | hour(t) = 10 | minute(t) = 3 | second(t) = 4 | quarter(t) = 1 | week(t) = 1 | dayofweek(t) = 0
    dayofyear(t) > 300 | date_part('hour', t) = 10 | extract(dow FROM t) = 3 | EXTRACT(YEAR FROM d) = 2021
    strftime(t, '%Y-%m') = '2020-02' | regexp_replace(s, 'a', 'z') = 'zb' | s || u = 'Aba' | s LIKE 'a%'
    s NOT LIKE '_b%' | s ILIKE 'A%' | s NOT ILIKE 'a%' | s ~ '^a' | s ~* '^A' | s !~ 'a' | s !~* 'A'
    s IN ('abcdef', '') | s NOT IN ('abcdef') | n BETWEEN 0 AND 7 | n NOT BETWEEN -3 AND 3 AND b | NOT b
    b IS TRUE | b IS FALSE | b IS NOT TRUE | b IS NOT FALSE | s IS NULL | s IS NOT NULL | s IS DISTINCT FROM u
    s IS NOT DISTINCT FROM u | CAST(n AS VARCHAR) = '7' | CAST(f AS INTEGER) = 2 | n::DOUBLE = 7 | n::boolean
    CAST(b AS INT) = 1 | t::DATE = d | TRY_CAST(s AS INTEGER) IS NULL | TRY_CAST(s AS DOUBLE) > 1
    n::DECIMAL(10, 2) = 7 | t > TIMESTAMP '2020-01-01 10:00:00' | d >= DATE '2020-01-01'
    t + INTERVAL 2 HOURS < TIMESTAMP '2021-01-01 00:00:00' | t - INTERVAL '1 day' < t | t + INTERVAL '1' MONTH > t
    CASE WHEN n > 0 THEN 'p' WHEN n < 0 THEN 'm' END = 'm' | CASE n WHEN 7 THEN true ELSE false END | -n = 7
    - -n = 7 | +n = 7 | n = 7.0 | f > 1e0 | .5 < f | s = 'a\\' | s = 'it''s' | b AND n > 0 OR NOT b AND n < 0
    b = true | s < u | (s = 'a') = b | true | null::BOOLEAN | s == 'Ab' | s != 'Ab' | "s" = 'Ab' | not n = 7
    n = 7 IS NULL | s || 'b' LIKE 'a%' | n + 1 BETWEEN n AND n + 2 | -n % 2 = 1
"""
ALIKE_EXAMPLES = [one.strip() for line in READ_ALIKE.splitlines() for one in line.split(" | ") if one.strip()]
DUCKDB_EXAMPLES = [
    "persons.revenue > 100 AND journeys.session_count > 1",
    "watched_until > ended_at + INTERVAL 2 HOURS",
    "round(revenue, 2) > 9.95",
    "date_diff('day', started_at, ended_at) > 3 AND dayname(started_at) = 'Sunday'",
    "hour(started_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Copenhagen') BETWEEN 18 AND 23",
    "regexp_matches(campaign, '^(summer|winter)', 'i') OR contains(campaign, 'sale')",
    "string_split(landing_page, '/')[-1] = 'kurv'",
    "medium LIKE '%!_%' ESCAPE '!'",
    "date_trunc('month', started_at) = DATE '2026-01-01'",
]
REFUSED = {
    "true; COPY (SELECT 1) TO 'file'; SELECT true": "';'",
    "true) FROM journeys; ATTACH 'x.db'; --": "';'",
    "1) OR (1": "')'",
    "(1": "ends",
    "now() > occurred_at": "calls now, which asks the clock",
    "occurred_at < current_timestamp": "names current_timestamp, which asks the clock",
    "CURRENT_DATE = x": "names current_date, which asks the clock",
    "current_date() = x": "asks the clock",
    "localtimestamp > x": "asks the clock",
    "today() = x": "asks the clock",
    "age(x) > INTERVAL 1 DAY": "calls age, which asks the clock",
    "DATE 'now' = x": "holds a DATE that is none",
    "TIMESTAMP 'today' = x": "holds a TIMESTAMP that is none",
    "random() < 0.5": "calls random, which asks chance",
    "uuid() = x": "asks chance",
    "gen_random_uuid() = x": "asks chance",
    "nextval('s') = 1": "asks chance",
    "setseed(0.5) IS NULL": "asks chance",
    "lpad('x', 2000000000, 'x') = x": "calls lpad, which is not allowed",
    "rpad('x', 2000000000, 'x') = x": "calls rpad",
    "repeat('x', 2000000000) = x": "calls repeat",
    "format('{:>2000000000}', 'x') = x": "calls format",
    "printf('%2000000000s', 'x') = x": "calls printf",
    "bar(1, 0, 10, 2000000000) = x": "calls bar",
    "read_text('/etc/passwd') = x": "calls read_text, which reads what is not in the row",
    "read_blob('/etc/passwd') = x": "calls read_blob",
    "x = (FROM read_csv('/etc/passwd'))": "asks another table (FROM)",
    "x IN (SELECT content FROM read_text('/etc/passwd'))": "asks another table (SELECT)",
    "x IN (/* */ SELECT 1)": "holds a comment (/*)",
    "x IN (--\n SELECT 1)": "holds a comment (--)",
    "x = 1 -- or": "holds a comment (--)",
    "EXISTS (FROM journeys)": "asks another table (EXISTS)",
    "x = ANY (SELECT 1)": "not allowed",
    "(VALUES (1)) = 1": "asks another table (VALUES)",
    "(WITH a AS (SELECT 1) SELECT 1) = 1": "asks another table (WITH)",
    "(TABLE events) = 1": "asks another table (TABLE)",
    "getenv('HOME') = x": "calls getenv, which reads what is not in the row",
    "getvariable('timezone') = x": "calls getvariable",
    "current_setting('threads') = x": "current_setting, which reads what is not in the row",
    "current_user = x": "names current_user",
    "query_table('events') = x": "calls query_table",
    "glob('/etc/*') = x": "calls glob",
    "pragma_version() = x": "pragma_version",
    "range(1000000000) = x": "calls range",
    "generate_series(1, 9) = x": "calls generate_series",
    "list_transform(x, lambda y: y) = x": "':'",
    "list_sum([y FOR y IN x]) = 1": "calls list_sum",
    "[1, 2] = x": "'['",
    "{'a': 1} = x": "'{'",
    "x -> 1": "'>'",
    "count(*) > 1": "calls count, which looks at other rows too",
    "sum(x) > 1": "calls sum, which looks at other rows too",
    "max(x) > 1": "calls max, which looks at other rows too",
    "lag(x) OVER () > 1": "calls lag, which looks at other rows too",
    "lower(x) OVER () = 'a'": "looks at other rows too",
    "lower(x) FILTER (WHERE true) = 'a'": "looks at other rows too",
    "COLUMNS(*) = 1": "calls columns",
    "* = 1": "'*'",
    "drill('interest', 'x') = 1": "calls drill, which is not allowed",
    'main.lower(x) = "y"': "main",
    '"lower"(x) = 1': "not allowed",
    "x.lower() = 'a'": "x",
    "lenght(x) > 1": "did you mean 'length'",
    "x::JSON = 1": "casts to JSON, which is not allowed",
    "x::INTEGER[] = 1": "stands at character 1",
    "CAST(x AS STRUCT(a INT)) = 1": "casts to STRUCT",
    "x = $1": "'$'",
    "x = ?": "'?'",
    "x = :name": "':'",
    "x = $$a$$": "'$'",
    "x = E'\\x41'": "stands at character",
    "x = 'a' 'b'": "stands at character",
    "x = 'open": "a text that is not closed",
    'x = "open': "a name that is not closed",
    "x = 1_000": "a number with letters",
    "x = 0x10": "a number with letters",
    "x ISNULL": "stands at character",
    "x IS NULL + 1": "a bracket is expected",
    "x IN (1) || 'a'": "a bracket is expected",
    "NOT x IS NULL::INTEGER": "stands at character",
    "x ~ 'a' || y": "has a pattern of ~ that is no text",
    "x LIKE y": "has a pattern of LIKE that is no text",
    "x ~ y": "has a pattern of ~ that is no text",
    "(x, y) = (1, 2)": "holds a row of values",
    "x = 1 \0": "\\x00",
    "x = '\ud800'": "holds a character that is no text",
    "": "is empty",
    "  \n": "is empty",
    "x = 1 AND": "ends where a column or a value is expected",
    "CASE END": "WHEN is expected",
    "greatest() = 1": "calls greatest without an argument",
    "x::DECIMAL(99, 2) = 1": "casts to a DECIMAL that is none",
    "x::DECIMAL(5, 9) = 1": "casts to a DECIMAL that is none",
    "x::DECIMAL(a) = 1": "casts to a DECIMAL that is none",
    "INTERVAL 'x' > y": "holds an INTERVAL that is none",
}


def chain(word: str, count: int) -> str:
    return f" {word} ".join(["x = 'a'"] * count)


def nested(before: str, count: int, after: str = "", core: str = "x") -> str:
    return before * count + core + after * count


TOO_LARGE = {
    "20,000 ORs": (chain("OR", 20_000), "has 219,996 characters; 100,000 are allowed"),
    "short ORs": (" OR ".join(["x"] * 15_000), "has more than 10,000 columns, texts and operations"),
    "20,000 brackets": (nested("(", 20_000, ")"), "nests too deeply"),
    "open brackets": ("(" * 90_000, "nests too deeply"),
    "NOTs": (nested("NOT ", 20_000), "nests too deeply"),
    "signs": (nested("- ", 20_000), "nests too deeply"),
    "calls": (nested("lower(", 5_000, ")"), "nests too deeply"),
    "CASEs": (nested("CASE WHEN x THEN ", 4_000, " END"), "nests too deeply"),
    "casts": ("x" + "::INT" * 10_000, "nests too deeply"),
    "sums": ("x" + " + 1" * 20_000, "nests too deeply"),
    "equals": ("x" + " = 1" * 20_000, "nests too deeply"),
    "WHENs": ("CASE" + " WHEN x THEN y" * (MAX_BRANCHES + 1) + " END", "has more than 200 WHENs"),
    "patterns": (" OR ".join(["x ~ 'a'"] * (MAX_PATTERNS + 1)), "has more than 100 regular expressions"),
    "a pattern": (f"x ~ '{'a' * 6_000}'", "has a pattern of 6,000 characters"),
    "replacements": (f"replace(replace(x, 'a', '{'a' * 40}'), 'a', '{'a' * 40}') = ''", "makes too much text"),
    "matches": (f"regexp_replace(x, '', '{'a' * 600}') = ''", "makes too much text"),
    "a replacement from data": ("replace(x, y, z) = ''", "calls replace with what is no text"),
    "functions": (" OR ".join(["lower(x) = 'a'"] * (MAX_GROWTH + 1)), "makes too much text"),
    "formats": (f"strftime(x, '{'%c' * 5_000}') = ''", "makes too much text"),
    "doubled": (nested("concat(", 12, f", {', '.join(['x'] * 9)})") + " = ''", "makes too much text"),
}


def answers(expression: str, allowed: Allowed) -> tuple[list[Any], list[Any]]:
    """What Polars and DuckDB make of it."""
    sql = read_expression(expression, allowed).sql
    with duckdb.connect() as connection:
        connection.register("given", FRAME.to_arrow())
        by_duckdb = [answer for (answer,) in connection.execute(f"SELECT {sql} FROM given").fetchall()]
    by_polars = FRAME.with_columns(holds=pl.sql_expr(sql))["holds"].to_list()
    return by_polars, by_duckdb


@pytest.mark.parametrize("expression", ALIKE_EXAMPLES)
def test_what_a_rule_may_use_is_read_alike_by_polars_and_duckdb(expression: str) -> None:
    by_polars, by_duckdb = answers(expression, RULE)
    assert by_polars == by_duckdb


@pytest.mark.parametrize("expression", ALIKE_EXAMPLES)
def test_an_expression_written_anew_means_what_it_meant(expression: str) -> None:
    with duckdb.connect() as connection:
        connection.register("given", FRAME.to_arrow())
        anew = read_expression(expression, RULE).sql
        assert connection.execute(f"FROM given WHERE ({anew}) IS DISTINCT FROM ({expression})").fetchall() == []


def test_each_function_that_is_read_alike_has_an_example() -> None:
    assert [name for name in sorted(ALIKE) if f"{name}(" not in READ_ALIKE.lower()] == []


@pytest.mark.parametrize("expression", DUCKDB_EXAMPLES)
def test_what_an_analyst_writes_of_journeys_is_allowed(expression: str) -> None:
    for allowed in (JOURNEY_ROW, EXPORT_ROW):
        assert read_expression(expression, allowed).names


def test_params_and_fields_of_an_export_row_may_be_asked_for() -> None:
    expression = "param_text(event_params, 'debug_mode') = '1' OR event_params[1].value.int_value = 2"
    assert read_expression(expression, EXPORT_ROW).names == {("event_params",)}
    with pytest.raises(ExpressionError, match="calls param_text"):
        read_expression(expression, RULE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("expression", "says"), REFUSED.items(), ids=REFUSED)
def test_what_is_not_allowed_is_refused_by_its_name(expression: str, says: str, kind: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression(expression, KINDS[kind])
    assert says in str(caught.value)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("expression", "says"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_or_too_deep_is_refused_at_once(expression: str, says: str) -> None:
    for allowed in KINDS.values():
        with pytest.raises(ExpressionError) as caught:
            read_expression(expression, allowed)
        assert says in str(caught.value)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize("kind", KINDS)
def test_of_all_functions_of_duckdb_only_those_listed_are_allowed(kind: str) -> None:
    allowed = KINDS[kind]
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE regexp_full_match(function_name, '[a-z_]\\w*')"
    names = {name for (name,) in duckdb.sql(query).fetchall()} | {"now", "lpad", "read_text", "query", "unnest"}
    passed = set()
    for name in names:
        try:
            read_expression(f"{name}(x) = 1", allowed)
        except ExpressionError:
            continue
        passed.add(name)
    forms = {"extract", "interval", "cast", "try_cast", "case", "not"}
    assert passed <= allowed.functions
    assert not passed & forms
    # What needs a text in quotes is called with one; and there is no listed name that DuckDB does not know.
    needs_text = {"regexp_replace", "replace", "strftime"}
    assert allowed.functions - passed - OF_PARAMS - needs_text <= {"coalesce", "if", "ifnull", "nullif"} - names


def test_no_listed_function_asks_the_clock_or_chance_by_duckdbs_own_account() -> None:
    harmful = """
        FROM duckdb_functions() SELECT DISTINCT function_name
        WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') OR function_type NOT IN ('scalar', 'macro')
    """
    found = {name for (name,) in duckdb.sql(harmful).fetchall()}
    assert {"now", "random", "read_text", "sum"} <= found
    assert found & (ALIKE | OF_DUCKDB | OF_PARAMS) == set()


LARGEST = {
    "brackets": nested("(x || ", MAX_DEPTH - 2, ")") + " = 'a'",
    "calls": nested("lower(", MAX_DEPTH - 2, ")") + " = 'a'",
    "CASEs": nested("CASE WHEN x = 'a' THEN x ELSE ", MAX_DEPTH - 3, " END") + " = 'a'",
    "NOTs": nested("NOT ", MAX_DEPTH - 2, core="x = 'a'"),
    "ORs": chain("OR", 2_400),
    "ANDs of LIKEs": " AND ".join(["x LIKE '%a%'"] * 2_400),
    "a list": "x IN ('1'" + ", '1'" * (MAX_PARTS - 10) + ")",
    "WHENs": "CASE" + " WHEN x = 'a' THEN true" * MAX_BRANCHES + " END",
    "text": f"x = '{'a' * (MAX_CHARACTERS - 10)}'",
    "functions": " OR ".join(["lower(x) = 'a'"] * MAX_GROWTH),
    "concatenations": "x" + " || x" * 18 + " = 'a'",
}


def test_the_largest_that_is_allowed_runs_on_a_small_stack() -> None:
    found: dict[str, Any] = {}

    def run() -> None:
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE given AS SELECT 'b' AS x")
            for name, text in LARGEST.items():
                sql = read_expression(text, RULE).sql
                connection.execute(f"SELECT {sql} FROM given").fetchall()
                found[name] = pl.DataFrame({"x": ["b"]}).with_columns(holds=pl.sql_expr(sql)).height

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert found == dict.fromkeys(LARGEST, 1)


PIECES = """
    x y "x" 'a' '%' 'it''s' 1 2.5 ( ) ( ) , . [ ] = <> < || + - * / % // ~ :: AND OR NOT IS NULL IN LIKE ILIKE BETWEEN
    CASE WHEN THEN ELSE END CAST( AS VARCHAR lower( concat( now( SELECT FROM -- /* ; INTERVAL DATE TRUE ESCAPE ?
    EXTRACT( AT TIME ZONE DISTINCT OVER E N B X U& \\ ø $ : { } @ # ! ^ & |
"""
WORDS = st.sampled_from([*PIECES.split(), "\n", "\0", "\u00a0"])
REFUSED_CLASSES = {"SUBQUERY", "WINDOW", "LAMBDA", "STAR", "PARAMETER"}


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=8).map("".join) | st.text(max_size=30))
def test_whatever_passes_is_one_expression_of_one_row_to_duckdb(text: str) -> None:
    for allowed in KINDS.values():
        try:
            found = read_expression(text, allowed)
        except ExpressionError:
            continue
        assert read_expression(found.sql, allowed).sql == found.sql
        query = "SELECT json_serialize_sql('SELECT ' || ? || ' FROM t')"
        (tree,) = duckdb.execute(query, [found.sql]).fetchall()[0]
        parsed = json.loads(tree)
        if not parsed["error"]:  # such as a type of two arguments where it has one: it is told before the night
            (statement,) = parsed["statements"]
            (selected,) = statement["node"]["select_list"]
            assert statement["node"]["where_clause"] is None
            assert not REFUSED_CLASSES & set(_classes(selected))


OPERANDS = st.tuples(st.sampled_from(["", "", "NOT ", "-"]), st.sampled_from(["a", "b", "1"])).map("".join)
BETWEEN_OPERANDS = ["=", "<>", "<", ">=", "AND", "OR", "+", "-", "*", "/", "%", "//", "||"]
AFTER_OPERAND = [
    "IS NULL", "IS NOT NULL", "IN (1, 2)", "NOT IN (1, 2)", "BETWEEN 1 AND b", "NOT BETWEEN 1 + b AND 2", "LIKE 'x'",
    "NOT ILIKE 'x'", "~ 'x'", "!~* 'x'", "::INTEGER", "IS DISTINCT FROM b", "IS NOT DISTINCT FROM - b",
]  # fmt: skip
STEPS = st.tuples(st.sampled_from(BETWEEN_OPERANDS), OPERANDS).map(" ".join) | st.sampled_from(AFTER_OPERAND)


@settings(max_examples=500, deadline=None)
@given(OPERANDS, st.lists(STEPS, min_size=1, max_size=5).map(" ".join))
def test_operators_bind_as_they_do_in_duckdb(first: str, rest: str) -> None:
    expression = f"{first} {rest}"
    as_written = _tree(expression)
    assume(as_written is not None)
    try:
        sql = read_expression(expression, JOURNEY_ROW).sql
    except ExpressionError:
        assume(False)
    assert _tree(sql) == as_written


def _tree(expression: str) -> Any:
    """The syntax tree that DuckDB makes of it, chains of AND and OR as one; None where it is none."""
    (text,) = duckdb.execute("SELECT json_serialize_sql('SELECT ' || ?)", [expression]).fetchall()[0]
    parsed = json.loads(text)
    return None if parsed["error"] else _plain(parsed["statements"][0]["node"]["select_list"][0])


def _plain(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_plain(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    plain = {name: _plain(one) for name, one in tree.items() if name != "alias" and not name.startswith("query_")}
    if plain.get("class") == "CONJUNCTION":
        joined = [one["children"] if one.get("type") == plain["type"] else [one] for one in plain["children"]]
        plain["children"] = [one for part in joined for one in part]
    return plain


def _classes(tree: Any) -> list[str]:
    if isinstance(tree, list):
        return [name for one in tree for name in _classes(one)]
    if not isinstance(tree, dict):
        return []
    return [str(tree.get("class")), *(name for one in tree.values() for name in _classes(one))]


def test_all_that_is_allowed_stands_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text("utf-8")
    for name in (*ALIKE, *OF_DUCKDB, *OF_PARAMS, *TYPES_ALIKE):
        assert f"`{name}`" in page, name
    for bound in (MAX_CHARACTERS, MAX_PARTS, MAX_DEPTH, MAX_BRANCHES, MAX_PATTERNS, MAX_GROWTH):
        assert f"{bound:,}" in page, bound
