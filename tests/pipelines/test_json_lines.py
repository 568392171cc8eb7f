"""Lines of JSON as people hand them over: each row is read or quarantined, or the file is refused with advice."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import json_lines
from pipelines.exports import ExportError
from tests.exports_by_hand import DAY, HOUR, MIDNIGHT, SECOND, json_line, row

NAME = "events_20210101.json"
ROWS = [json_line(row(second)) for second in range(4)]


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


AS_READ = {
    "newlines": "\n".join(ROWS) + "\n",
    "carriage returns and newlines": "\r\n".join(ROWS) + "\r\n",
    "carriage returns": "\r".join(ROWS) + "\r",
    "a carriage return between fields": "\n".join(ROWS).replace('", "event_name"', '",\r "event_name"', 1),
    "blank lines": "\n \n\t\n" + "\n\n".join(ROWS) + "\n\n \n",
    "an array, an object a line": "[\n" + ",\n".join(ROWS) + "\n]\n",
    "an array that begins on its first object's line": "[" + ",\n".join(ROWS) + "]",
    "an array with commas in front": "[ " + "\n, ".join(ROWS) + "\n]",
    "an array on one line": f"[{', '.join(ROWS)}]",
    "an array a line": f"[{ROWS[0]}, {ROWS[1]}]\n[{ROWS[2]}, {ROWS[3]}]\n",
    "commas behind": ",\n".join(ROWS) + ",\n",
    "a mark": "\ufeff" + "\n".join(ROWS),
    "no end": "\n".join(ROWS),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_rows_are_read_whatever_stands_around_them(build, pack):
    names = {form: f"events_20210101_{number:012}.json" for number, form in enumerate(AS_READ)}
    for form, name in names.items():
        text = AS_READ[form].replace("ana", f"ana {name}")  # else they would be duplicates
        (build.exports / name).write_bytes(pack(text.encode()))
    build.load()
    assert {form: build.counts()[name] for form, name in names.items()} == dict.fromkeys(AS_READ, (4, 4, 0, 0, 0))
    right = [MIDNIGHT + second * SECOND for second in range(4) for _ in AS_READ]
    assert build.column("epoch_us(occurred_at)") == right


def test_a_stray_carriage_return_in_a_text_is_quarantined_whole(build):
    bad = '{"event_name": "a\rb", "event_timestamp": 1}'
    (build.exports / NAME).write_text("\n".join([ROWS[0], bad, ROWS[1]]) + "\n", newline="")
    build.load()
    assert build.counts() == {NAME: (3, 2, 0, 1, 0)}
    assert build.ask("SELECT row_number, content ->> '$' FROM quarantine") == [(2, bad)]


def test_several_rows_of_a_line_have_numbers_of_their_own(build):
    (build.exports / NAME).write_text(f'[{ROWS[0]}, 5, {{"event_name": "x"}}, {ROWS[1]}]')
    build.load()
    assert build.counts() == {NAME: (4, 2, 0, 2, 0)}
    assert build.ask("SELECT row_number, reason FROM quarantine ORDER BY ALL") == [
        (2, "does not parse"), (3, "no event_timestamp")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\n".join(ROWS).encode("utf-16"), "it is UTF-16.*; convert it with `iconv"),
        ("\n".join(ROWS).encode("utf-16-be"), "it is UTF-16.*; convert it with `iconv"),
        (
            json.dumps([row()], indent=1).encode(),
            "no line of it is a JSON object.*; write one object a line, as `jq -c '",
        ),
        (json.dumps({"rows": 1}, indent=1).encode(), r"no line of it is a JSON object.*as `jq -c \.`"),
        (b"[1, 2]", "no line of it is a JSON object"),
        (b"<html>\n<p>Sign in</p>\n", "it begins with '<html>'.*; name it as what it is"),
    ],
)
def test_what_another_copy_does_not_help_is_told_what_does(build, content, said):
    (build.exports / NAME).write_bytes(content)
    with pytest.raises(ExportError, match=said) as told:
        build.load()
    assert "copy it again" not in str(told.value)


@pytest.mark.parametrize("text", ["[\n" + ",\n".join(ROWS) + ",\n", f"[{ROWS[0]},", "\n".join(ROWS)[:-9]])
def test_what_was_cut_off_is_to_be_copied_again(build, text):
    (build.exports / NAME).write_text(text)
    with pytest.raises(ExportError, match=r"not a whole json file .*; copy it again"):
        build.load()


def test_long_lines_are_read_and_longer_ones_are_quarantined(build, monkeypatch):
    monkeypatch.setattr(json_lines, "CHUNK", 1000)
    monkeypatch.setattr(json_lines, "MAX_LINE", 100_000)
    monkeypatch.setattr(json_lines, "KEPT_OF_LONGER", 50)
    lines = [json_line(row(at, page=("x" * size))) for at, size in enumerate((10, 90_000, 140_000, 10, 150_000))]
    for end in ("\n", ""):
        (build.exports / NAME).write_text("\n".join(lines) + end)
        build.load()
        assert build.counts() == {NAME: (5, 3, 0, 2, 0)}
        contents = build.column("content ->> '$'", "quarantine", "row_number")
        assert [text.endswith(" bytes)") and len(text) < 100 for text in contents] == [True, True]


SEEN = MIDNIGHT + 5 * HOUR
INSTANTS = [
    "2021-01-01 05:00:00 UTC", "2021-01-01T05:00:00Z", "2021-01-01 05:00:00", "2021-01-01 05:00:00.000000 UTC",
    "2021-01-01T06:00:00+01:00", "2021-01-01 06:00:00 +0100", str(SEEN), f"{SEEN}.0", "1.6094772E15", SEEN,
    float(SEEN), SEEN // 1000, SEEN // 1_000_000, SEEN * 1000, str(SEEN // 1000), SEEN / 1_000_000,
]  # fmt: skip


def test_an_instant_of_any_type_is_read(build):
    lines = [json.dumps(row(0, "page_view", f"p{n}") | {"event_timestamp": at}) + "\n" for n, at in enumerate(INSTANTS)]
    (build.exports / NAME).write_text("".join(lines))
    for python, kind in ((str, pa.string()), (int, pa.int64()), (float, pa.float64())):
        instants = [at for at in INSTANTS if type(at) is python]
        rows = [row(0, "page_view", f"{python} {n}") | {"event_timestamp": at} for n, at in enumerate(instants)]
        build.write(f"events_20210101_{python.__name__}.parquet", *rows, types={"event_timestamp": kind})
    build.load()
    assert build.column("epoch_us(occurred_at)") == [SEEN] * 2 * len(INSTANTS)


def test_typed_timestamps_are_read(build):
    kinds = [
        pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "Europe/Copenhagen")
    ]
    for number, kind in enumerate(kinds):
        at = SEEN * 1000 // {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[kind.unit]
        columns = {"event_timestamp": pa.array([at], kind), "event_name": ["a"], "user_pseudo_id": [str(number)]}
        pq.write_table(pa.table(columns), build.exports / f"events_20210101_{number:012}.parquet")
    build.load()
    assert build.column("epoch_us(occurred_at)") == [SEEN] * len(kinds)


def test_what_is_no_instant_is_quarantined(build):
    wrong = ["2021-01-01 05:00 PM", "2021-01-01 05:00:00 EST", "yesterday", "", 5, -5, 1e30]
    lines = [json.dumps(row() | {"event_timestamp": at}) + "\n" for at in (*wrong, SEEN)]
    (build.exports / NAME).write_text("".join(lines))
    build.load()
    assert build.counts() == {NAME: (8, 1, 0, 7, 0)}


def test_a_file_without_an_event_never_replaces_a_good_day(build):
    build.load(row(1), row(2))
    for rows, said in (
        ([row(None), row(None)], "of its 2 rows none can be one .no event_timestamp"),
        ([row(366 * 86400)], "they happened from 2022-01-02 to 2022-01-02, and the file is one of 2021-01-01"),
        ([row(1, "")], "no event_name"),
    ):
        build.write(DAY, *rows)
        with pytest.raises(ExportError, match=f"{DAY} holds no event: .*{said}"):
            build.load()
        assert build.counts()[DAY] == (2, 2, 0, 0, 0)
