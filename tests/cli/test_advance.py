"""`advance`: what is open moves and is written down, what is blocked never moves."""

from __future__ import annotations

import json

import pytest

PROGRAM = """\
kind: program
id: deals
title: Deals
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      stage: {type: enum, values: [demo, offer, contract, closed], title: stage}
      worth: {type: money, title: worth}
      demo_on: {type: date, title: day of the demo}
      worth_at_demo: {type: money, title: worth at the demo}
      note: {type: text, title: note, informative: true}
---
kind: pipeline
id: sales
title: Sales
for: deal
stage: stage
stages:
  - id: demo
    title: Demo
    leave_when: [{id: worth-known, title: The worth is known, when: worth > 0}]
    on_leave: {when: worth > 0, set: {demo_on: today, worth_at_demo: worth}}
  - {id: offer, title: Offer}
  - {id: contract, title: Contract, moved_by: system}
  - {id: closed, title: Closed, final: true}
"""
RECORD = """\
# kept by hand
id: "012"
deals:
  - {id: D-1, stage: demo, worth: 1250.50, note: 'no: "yes"'}
  - {id: D-2, stage: demo}
  - {id: D-3, stage: contract, worth: 10}
"""
AS_OF = ("--as-of", "2026-11-21")


@pytest.fixture
def deals(tmp_path):
    folder = tmp_path / "deals"
    folder.mkdir()
    (folder / "program.yaml").write_text(PROGRAM)
    return folder


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "partner.yaml"
    path.write_text(RECORD)
    return path


def test_what_is_open_moves(cli, deals, record):
    result = cli("advance", deals, record, "--to", "offer", "--key", "D-1", *AS_OF)
    assert result.code == 0
    assert result.out == (
        'id: "012"\n'
        "deals:\n"
        "  - id: D-1\n"
        "    stage: offer\n"
        "    worth: 1250.50\n"
        '    note: "no: \\"yes\\""\n'
        "    demo_on: 2026-11-21\n"
        "    worth_at_demo: 1250.50\n"
        "  - id: D-2\n"
        "    stage: demo\n"
        "  - id: D-3\n"
        "    stage: contract\n"
        "    worth: 10\n"
    )
    assert "stage: demo -> offer\n" in result.err
    assert "day of the demo: not known -> 21 Nov 2026\n" in result.err


def test_the_moved_record_is_a_record(cli, deals, record, tmp_path):
    target = tmp_path / "moved.yaml"
    assert cli("advance", deals, record, "--to", "offer", "--key", "D-1", "-o", target, *AS_OF).out == ""
    again = cli("advance", deals, target, "--to", "contract", "--key", "D-1", *AS_OF)
    assert again.code == 0
    assert "stage: offer -> contract" in again.err


def test_json_stays_json(cli, deals, tmp_path):
    path = tmp_path / "partner.json"
    path.write_text('{"id": "a", "deals": [{"id": "D-1", "stage": "demo", "worth": 1250.50}]}')
    result = cli("advance", deals, path, "--to", "offer", *AS_OF)
    assert '"worth": 1250.50' in result.out
    assert json.loads(result.out)["deals"][0]["demo_on"] == "2026-11-21"


@pytest.mark.parametrize(
    ("stage", "key", "message"),
    [
        ("offer", "D-2", "The worth is known"),
        ("closed", "D-3", "only the system moves it"),
        ("contract", "D-1", "leads to `offer`, not to `contract`"),
        ("offer", "D-9", "nothing in this record has the key `D-9`"),
        ("offer", None, "say which one by its key"),
    ],
)
def test_what_is_blocked_stays(cli, deals, record, stage, key, message):
    result = cli("advance", deals, record, "--to", stage, *(["--key", key] if key else []), *AS_OF)
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("not moved: ")
    assert message in result.err


def test_an_input_is_not_written_over(cli, deals, record):
    result = cli("advance", deals, record, "--to", "offer", "--key", "D-1", "-o", record, *AS_OF)
    assert result.code == 2
    assert record.read_text() == RECORD


STATUS = """\
kind: program
id: status
title: Status
parties: {member: the member}
entities:
  member:
    key: id
    facts:
      id: {type: text}
      held: {type: enum, values: [bronze, silver, gold]}
      since: {type: date}
      review_on: {type: date}
      credits: {type: count}
---
kind: tiers
id: status
title: Status
for: member
measure: credits
levels: [{id: silver, title: Silver, credits: 300..}, {id: gold, title: Gold, credits: 700..}]
otherwise: {level: bronze, title: Bronze}
state: {held: held, since: since, falls: {when: today >= review_on and since < review_on, by: one level}}
"""
_KIM = {"id": "kim", "held": "gold", "since": "2026-01-01", "review_on": "2027-01-01", "credits": 100}
_LEE = {"id": "lee", "held": "silver", "since": "2026-01-01", "review_on": "2027-01-01", "credits": 900}
_MAY = {"id": "may", "held": "gold", "since": "2026-01-01", "review_on": "2027-01-01"}


def _yaml(record: dict[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in record.items())


def _yaml_records(text: str) -> list[dict[str, object]]:
    pairs = [[line.split(": ") for line in part.splitlines() if line] for part in text.split("---\n")]
    return [{name: int(value) if name == "credits" else value for name, value in each} for each in pairs]


def _lines_of_json(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("name", "write", "read"),
    [
        ("all.json", json.dumps, json.loads),
        ("all.ndjson", lambda rows: "\n".join(map(json.dumps, rows)), _lines_of_json),
        ("all.yaml", lambda rows: "\n---\n".join(map(_yaml, rows)), _yaml_records),
    ],
)
def test_all_records_of_a_file_are_renewed_once_a_review(tmp_path, cli, name, write, read) -> None:
    (tmp_path / "status").mkdir()
    (tmp_path / "status" / "program.yaml").write_text(STATUS)
    given, night, next_night = (tmp_path / f"{each}-{name}" for each in ("given", "night", "next"))
    given.write_text(write([_KIM, _LEE, _MAY]))
    program = str(tmp_path / "status")
    first = cli("advance", program, str(given), "--as-of", "2027-01-01", "-o", str(night))
    assert first.code == 1
    assert first.err.splitlines() == [
        "kim: held: gold -> silver; since: 1 Jan 2026 -> 1 Jan 2027",
        "lee: held: silver -> gold; since: 1 Jan 2026 -> 1 Jan 2027",
        "may: not moved: the level of `may` (Status) is not decided: `credits` is not given",
        "2 of 3 records changed",
    ]
    kim, lee = {**_KIM, "held": "silver"}, {**_LEE, "held": "gold"}
    assert read(night.read_text()) == [{**each, "since": "2027-01-01"} for each in (kim, lee)] + [_MAY]
    cli("advance", program, str(night), "--as-of", "2027-01-02", "-o", str(next_night))
    assert next_night.read_text() == night.read_text()
    given.write_text(write([_KIM, {**_LEE, "held": "nobody"}]))
    wrong = cli("advance", program, str(given), "--as-of", "2027-01-01", "-o", str(tmp_path / "never"))
    assert wrong.code == 1
    assert not (tmp_path / "never").exists()
