"""What is said about mistakes that people make: the exact message, and that it names what to write instead.

`messages.yaml` has a mistake a case: `in` is a place of the programme in `base`, where `wrong` is written and
`right` was meant. Both are tried: the right one has no mistake, the wrong one the messages under `says`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from policyengine.api import Program
from policyengine.diagnostics import Diagnostic
from policyengine.program import load as loading
from policyengine.source import Source
from policyengine.verify.prepare import prepare, read_tests
from support import DAY

HERE = Path(__file__).parent
BASE = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "base").iterdir())}
CASES = yaml.load((HERE / "messages.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
CONDITION = ("tasks.yaml", "met_when: trained", "met_when: '{}'")
"""Where the condition of a case stands that is `in: condition`."""

Case = Mapping[str, str]


def _text(case: Case, which: str) -> tuple[str, str]:
    """The name and the text of the file of a case, with what is wrong or right in it."""
    file, there, form = case["in"], case.get("of", case["right"]), "{}"
    if file == "condition":
        file, there, form = CONDITION
    written = case[which].replace("'", "''") if form != "{}" else case[which]
    assert BASE[file].count(there) >= 1, f"`{there}` does not stand in {file}"
    return file, BASE[file].replace(there, form.format(written), 1)


def _program(files: Mapping[str, str]) -> Program:
    policies = [
        Source(name, text)
        for name, text in files.items()
        if name != "record.yaml" and not name.endswith("_test.yaml")
    ]
    return Program(loading.load("north", policies, DAY), "north")


@cache
def _good() -> Program:
    return _program(BASE)


@cache
def _mistakes(file: str, text: str) -> tuple[Diagnostic, ...]:
    if file == "record.yaml":
        return _good().read(Source(file, text)).diagnostics
    if not file.endswith("_test.yaml"):
        return _program({**BASE, file: text}).diagnostics
    suite = read_tests(Source(file, text))
    if isinstance(suite, tuple):
        return suite
    return prepare(suite, lambda day: _good().linked.graph, lambda name: Source(name, ""))[1]


def said(found: Diagnostic) -> str:
    """A mistake on one line: its code, the text that is marked, the sentence, and the help."""
    marked = " ".join(found.span.text.split()) if found.span is not None else ""
    help = f" -> {found.help}" if found.help else ""
    return f"{found.code.id} at `{marked}`: {found.message}{help}"


def names_the_replacement(case: Case, found: Diagnostic) -> bool:
    """Whether the help, done as it says, gives what was meant."""
    assert found.span is not None
    wrong, right = _text(case, "wrong")[1], _text(case, "right")[1]
    parts = re.findall("`([^`]+)`", found.help or "")
    before, behind = wrong[: found.span.start], wrong[found.span.end :]
    tries = [before + form.format(part) + behind for part in parts for form in ("{}", '"{}"')]
    tries += [
        wrong.replace(opening + part + closing, part) for part in parts for opening, closing in ("[]", '""')
    ]
    if (found.help or "").startswith("remove"):
        tries.append(before + behind)
    indent = re.search(r"by (\d+) spaces", found.help or "")
    if indent is not None and f"\n{' ' * int(indent[1])}{case['right'].strip()}" in right:
        return True
    if any(" ".join(each.split()) == " ".join(right.split()) for each in tries):
        return True
    return any(part in case["right"] and part not in case["wrong"] for part in parts)


def _id(case: Case) -> str:
    return f"{case['in']}: {' '.join(case['wrong'].split())[:50]}"


@pytest.mark.parametrize("case", CASES, ids=map(_id, CASES))
def test_message(case: Case) -> None:
    assert [said(each) for each in _mistakes(*_text(case, "wrong"))] == case["says"]


@pytest.mark.parametrize("case", CASES, ids=map(_id, CASES))
def test_what_was_meant_has_no_mistake(case: Case) -> None:
    assert [said(each) for each in _mistakes(*_text(case, "right"))] == []


@pytest.mark.parametrize("case", CASES, ids=map(_id, CASES))
def test_what_is_advised_is_accepted(case: Case) -> None:
    """What a help says to write is part of what was meant, or has no mistake itself."""
    file, wrong = _text(case, "wrong")
    meant = _words(_text(case, "right")[1])
    for found in _mistakes(file, wrong):
        assert found.span is not None
        for part in re.findall("(?:write|did you mean) `([^`]+)`(?! (?:as|for|if) )", found.help or ""):
            start, end = found.span.start, found.span.end
            line = wrong.find("\n", end)
            tries = [wrong[:start] + part + wrong[end:], f"{wrong[:end]}: {part}{wrong[line:]}"]
            accepted = _words(part) in meant or not all(_mistakes(file, text) for text in tries)
            assert accepted or ": ..." in part, part


def _words(text: str) -> str:
    """A text without quotes and further blanks."""
    return " ".join(re.sub("[\"']", " ", text).split())


def test_nearly_all_name_the_replacement_and_nothing_else() -> None:
    named = [
        case
        for case in CASES
        for found in [list(_mistakes(*_text(case, "wrong")))]
        if len(found) == 1 and names_the_replacement(case, found[0])
    ]
    without = [_id(case) for case in CASES if case not in named]
    assert len(named) >= max(140, 0.94 * len(CASES)), without
