"""NDJSON typed as columns: whatever is taken there is what the reader of records makes of it."""

from __future__ import annotations

import json
import random
from datetime import date
from io import BytesIO

import pytest
from bothways import came_to
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.batch import json_columns
from policyengine.batch.documents import ndjson_records
from policyengine.batch.inputs import Inputs
from policyengine.batch.json_columns import form_of, json_chunks
from policyengine.batch.raw import Numbered
from policyengine.batch.record_batches import record_batch
from policyengine.batch.typed import TypedReader
from policyengine.batch.typed_columns import ColumnReader
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.source import Source
from support import DAY, POLICIES

PROGRAM = """\
kind: program
id: lines
title: Lines
currency: EUR
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      size: {type: enum, title: size, values: [small, large]}
      active: {type: boolean, title: active}
      staff: {type: count, title: staff, max: 100}
      balance: {type: integer, title: balance}
      score: {type: number, title: score, min: -5}
      fee: {type: money, title: fee}
      share: {type: rate, title: share}
      joined: {type: date, title: joined}
      notice: {type: period, title: notice}
      regions: {type: list of text, title: regions}
      ranks: {type: list of number, title: ranks}
      twice: {type: money, title: twice the fee, formula: 2 * fee, informative: true}
  site:
    title: site
    within: partner
    list: sites
    key: id
    facts:
      id: {type: text, title: identifier, required: true}
      opened: {type: date, title: opened}
      rent: {type: money, title: rent}
  desk:
    title: desk
    within: site
    list: desks
    key: number
    facts:
      number: {type: count, title: number}
      price: {type: number, title: price}
"""
PLAIN = {
    "id": '"007"', "size": '"small"', "active": "true", "staff": "7", "balance": "-12", "score": "19.95",
    "fee": "1000", "share": "0.20", "joined": '"2024-02-29"', "regions": '["a", "b"]',
    "sites": '[{"id": "s", "opened": "2024-02-29", "rent": 5.5, "desks": [{"number": 1, "price": 2}]}, '
    '{"id": "t"}]',
}  # fmt: skip
NAMES = (*PLAIN, "notice", "ranks", "twice", "stranger")
VALUES = (
    "null", "true", "false", "0", "-0", "-0.0", "7", "7.0", "1e2", "1E+2", "1e-2", "1e400", "1e-400",
    "0e100", "19.995", "-6", "101", "0." + "1" * 11, "0." + "0" * 40, "1." + "0" * 30, "9" * 18, "9" * 28,
    "9" * 29, "9" * 30, "9" * 33, "9" * 38, "9" * 40, "9" * 41, "1" + "0" * 33 + ".5", "1e28", "1e30",
    "12345678901234567.25", "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "-", "tru", "", '""',
    '" "', '"a"', '"A 1"', '"small"', '"smal"', '"7"', '"19.995"', '" 7"', '"1e2"', '"20%"', '"1_0"', '"x"',
    '"' + "9" * 30 + '"', '"1."', '".5"', '"+1"', '"-1"', '"true"', '"2024-02-29"', '"2026-02-30"',
    '"0000-01-01"', '"2024-2-9"', '" 2024-02-29"', '"P1M"', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"',
    '"\\u00fc"', '"\\\\"', '"\\""', '"a\\": \\"b"', '"a\x01b"', '"a\x7fb"', '"a\u2028b"', '"\u00a0"',
    '"\ufeff"', '"\x1c"', '"=1+1"', '"ü"', "[]", "{}", "[null]", "[1]", '["a"]', '["a", ""]', '["a", null]',
    '["a", 1]', "[[]]", "[{}]", '{"id": "a"}', '[{"id": "a"}, {"id": "a"}]',
    '[{"id": "a"}, {"id": "b", "rent": "7.25"}]', '[{"id": "a", "opened": "2026-02-30"}]',
    '[{"id": "a", "desks": [{"number": 1}, {"number": 1}]}]', '[{"id": "a", "desks": [{"price": 1e30}]}]',
    '[{"id": "a", "desks": [{"price": "7"}]}]', '[{"id": "a", "id": "b"}]',
    '[{"id": "a", "stranger": null}]', "[" * 50 + "]" * 50,
)  # fmt: skip
LINES = (
    "", " ", "\r", "{}", "{", "}", "[]", "null", '"a"', "7", '{"id": "a"} {"id": "b"}', '{"id": "a"}{}',
    '{"id":', '{"id": "a",}', '{"id": "a"} x', "{'id': 'a'}", '{"id": "a", "id": "b"}',
    '{"id": null, "id": "b"}', '{"i\\u0064": "a"}', '{"f\\u0065e": "7"}', '{"f\\u0065e": "007"}',
    '{"scor\\u0065": "1"}',
    '{"fee" : "1."}', '{"score":\t"1"}', '\ufeff{"id": "a"}', '{"id": "a"}\u00a0', ' {"id": "a"}\t\r',
    '{"id": "a", "extra": {"b": [1, "a"]}}', '{"id": "a", "sites": {"id": "b"}}', '{"ID": "a"}',
    '{"id": "a", "": 1}', '{"sites": [{', '}]}',
)  # fmt: skip


def _vocabulary(program: str = PROGRAM):
    found = load("lines", [Source("program.yaml", program)], date(2026, 11, 21))
    assert found.ok, found.diagnostics
    return found


@pytest.fixture(scope="module")
def vocabulary():
    return _vocabulary().graph.vocabulary


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("lines") / "a.ndjson"


READERS = {}


def _readers(vocabulary):
    """What reads records in both ways, made once for a program."""
    made = READERS.get(id(vocabulary))
    if made is None:
        made = READERS[id(vocabulary)] = TypedReader(vocabulary), ColumnReader(vocabulary)
    return made


def _without_nulls(value):
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _check(data: bytes, vocabulary, path, ignored=(), size=7):
    """Both ways read the same records; what is plain has the same values. How many are odd."""
    path.write_bytes(data)
    raws = list(ndjson_records(BytesIO(data), str(path), ignored))
    reader, columns = _readers(vocabulary)
    odd = start = 0
    for _, chunk in json_chunks(path, vocabulary, form_of(vocabulary, ignored), size):
        rows = raws[start : start + chunk.count]
        assert [raw for _, raw in chunk.raws(range(chunk.count))] == rows
        assert [chunk.place(i) for i in range(chunk.count)] == [(raw.file, raw.line) for raw in rows]
        typed = columns.read(chunk, start)
        good = [i for i in range(chunk.count) if i not in set(typed.odd)]
        assert [number for number, _ in typed.named] == [start + i + 1 for i in good]
        for i, found, (_, key) in zip(good, typed.batch.to_pylist(), typed.named, strict=True):
            record = reader.read(rows[i])
            assert isinstance(record, Record), record
            numbered = Numbered(start + i + 1, record, rows[i], reader.key_of(rows[i]))
            alone, beyond = record_batch([numbered], vocabulary)
            assert not beyond
            assert key == numbered.key
            assert _without_nulls(found) == _without_nulls(alone.to_pylist()[0])
        odd += len(typed.odd)
        start += chunk.count
    assert start == len(raws)
    return odd


def _line(values) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    table=st.lists(
        st.one_of(
            st.sampled_from(LINES),
            st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=4),
            st.just({}),
        ),
        min_size=1, max_size=24,
    ),
    end=st.sampled_from(("\n", "\r\n")),
    mark=st.sampled_from((b"", b"\xef\xbb\xbf")),
    damage=st.sampled_from((b"", b"", b'{"id": "\xff"}', b'{"id": "\0"}', b"\n\n", b'{"id"')),
    size=st.sampled_from((1, 3, 100)),
    ignored=st.sampled_from(((), (), ("stranger",), ("fee", "extra"))),
)  # fmt: skip
def test_what_is_taken_is_what_the_reader_makes_of_it(
    table, end, mark, damage, size, ignored, vocabulary, path
):
    lines = [each if isinstance(each, str) else _line(PLAIN | each) for each in table]
    _check(mark + end.join(lines).encode() + end.encode() + damage, vocabulary, path, ignored, size)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_under_every_fact(name, vocabulary, path):
    for value in VALUES:
        line = _line({"id": '"a"'} | {name: value})
        _check(f"{line}\n".encode(), vocabulary, path)
        _check(f"{line}\n".encode(), vocabulary, path, ("stranger",))


@pytest.mark.parametrize("below", ["desks", "id", "number", "opened", "price", "rent", "stranger"])
def test_every_value_further_down(below, vocabulary, path):
    for value in VALUES:
        _check(f'{{"sites": [{{"id": "a", "{below}": {value}}}]}}\n'.encode(), vocabulary, path)
        _check(
            f'{{"sites": [{{"id": "a", "desks": [{{"{below}": {value}}}]}}]}}\n'.encode(), vocabulary, path
        )


@pytest.mark.parametrize("line", LINES)
def test_every_line(line, vocabulary, path):
    for data in (line, f"{line}\n", f'{_line(PLAIN)}\n{line}\n{{"id": "z"}}'):
        _check(data.encode(), vocabulary, path)


@pytest.mark.parametrize("parts", [('{"sites": [', '{"id": "s"}]}'), ('{"sites": [{"id": "s"}', "]}")])
def test_as_many_records_as_lines_but_not_on_them(parts, vocabulary, path):
    lines = ('{"id": "a"} {"id": "b"}', *parts)
    assert _check("\n".join(lines).encode(), vocabulary, path) == 3


def test_plain_lines_are_not_odd(vocabulary, path):
    lines = [_line(PLAIN), _line({name: PLAIN[name] for name in ("id", "fee")}), "{}"]
    amounts = [_line({"id": '"a"', "fee": '"19.95"', "share": '"0.2"'}), '{"id":"\\u00fc"}']
    assert _check("\n".join(lines + amounts).encode(), vocabulary, path) == 0


def test_a_few_odd_lines_leave_the_others_plain(vocabulary, path):
    lines = [_line(PLAIN | {"id": f'"{i}"'}) for i in range(1000)]
    lines[17], lines[500] = '{"id": 7}', '{"staff": "x"}'
    odd = _check("\n".join(lines).encode(), vocabulary, path, size=1000)
    assert 2 <= odd <= 2 * json_columns._FEW


def test_keys_that_are_amounts_are_not_read_in_columns():
    other = PROGRAM.replace("{type: count, title: number}", "{type: money, title: number}")
    assert form_of(_vocabulary(other).graph.vocabulary, ()) is None


def test_a_record_is_named_by_the_text_of_its_number(path):
    numbered = _vocabulary(PROGRAM.replace("    key: id\n", "    key: staff\n", 1)).graph.vocabulary
    assert _check(b'{"staff": 7}\n{"staff": 12}\n{"id": "a"}\n', numbered, path) == 0
    path.write_bytes(b'{"staff": 7}\n{"id": "a"}\n')
    ((_, chunk),) = json_chunks(path, numbered, form_of(numbered, ()), 7)
    assert _readers(numbered)[1].read(chunk, 0).named == [(1, "7"), (2, None)]


def test_a_line_beyond_all_bounds_is_a_reject(vocabulary, path, monkeypatch):
    monkeypatch.setattr("policyengine.batch.lines.LONGEST", 64)
    monkeypatch.setattr(json_columns, "_MOST_BYTES", 100)
    long = '{"id": "' + "x" * 200 + '"}'
    assert _check(f'{{"id": "a"}}\n{long}\n{{"id": "b"}}\n'.encode(), vocabulary, path) == 1


# From file to file


def _run(program, path, in_columns):
    with pytest.MonkeyPatch.context() as patch:
        if not in_columns:
            patch.setattr(json_columns, "form_of", lambda vocabulary, ignored: None)
        return came_to(program, Inputs(((path, "ndjson"),)))


def _drawn(source: random.Random, number: int) -> str:
    if source.random() < 0.05:
        return source.choice(('{"id": 7}', "{", "", '{"id": "A1"}', '{"id": "x", "accounts": 1}', "[]"))
    accounts = [
        {"id": f"A{i}", "setup_fee": source.choice(("19.995", "1e3", "-0", "9" * 30, '"12.50"', '"x"', "7"))}
        for i in range(source.randrange(4))
    ]
    values = {
        "id": f"A{number}", "active_accounts": source.choice(("16", "16.0", "-1", "null", "40")),
        "reviews": [{"held_on": source.choice(('"2026-01-31"', '"2026-02-30"', '""'))}],
    }  # fmt: skip
    text = json.dumps(values | {"accounts": accounts})
    for quoted in ("19.995", "1e3", "-0", "9" * 30, "7", "16", "16.0", "-1", "null", "40"):
        text = text.replace(f'"{quoted}"', quoted)
    return text.replace('"\\"', '"').replace('\\""', '"')


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_come_to_the_same_findings_and_rejects(seed, path):
    program = load("bytekast", _sources(), DAY)
    source = random.Random(seed)
    path.write_text("".join(f"{_drawn(source, i)}\n" for i in range(60)))
    found = _run(program, path, True)
    assert found == _run(program, path, False)
    assert all(found[:2])


def _sources():
    return [Source(each.name, each.read_text()) for each in sorted((POLICIES / "bytekast").glob("*.yaml"))]
