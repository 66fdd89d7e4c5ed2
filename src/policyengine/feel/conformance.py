"""Runs conformance cases: `python -m policyengine.feel.conformance FILE [--compiled]`.

A case is a line of JSON: an expression, typed inputs, and the value that is expected. Prints what passed and
failed in each section, and every case that failed. The exit code is 0 if all passed, 1 if not. With
`--compiled` the cases are run by generated code (`policyengine.feel.compile`), not by the evaluator.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.compiled_expression import generate
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.face import all_names, parse
from policyengine.feel.functions import BUILTINS
from policyengine.feel.functions.date_time import with_clock
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.syntax.typenames import SIMPLE
from policyengine.feel.types.relations import MISMATCH, conform
from policyengine.feel.types.types import ANY, NUMBER, TEXT, Context, ListOf, Type
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.temporal import parse_date, parse_date_time, parse_duration, parse_time
from policyengine.feel.values.values import DateTime, Time
from policyengine.source import Source

# The item definitions of the kit's models that its expressions name; the cases come without their models.
ITEM_DEFINITIONS: dict[str, Type] = {
    "tNumberList": ListOf(NUMBER),
    "tStringList": ListOf(TEXT),
    "tAnyList": ListOf(ANY),
    "t_context_013": Context({"a": TEXT, "b": TEXT}),
}
_NOW = DateTime(datetime.date(2026, 1, 31), Time(12, 0, Decimal(0), 0))
_READ = {"date": parse_date, "time": parse_time, "dateTime": parse_date_time, "duration": parse_duration}


@dataclass(frozen=True, slots=True)
class Result:
    """One case that was run: what came out beside what was expected, as texts."""

    id: str
    section: str
    expression: str
    passed: bool
    expected: str
    actual: str


def read_value(tagged: Any) -> object:
    """A tagged value of the cases, such as `{"number": "12.5"}`, as one of FEEL."""
    if tagged is None:
        return None
    ((tag, value),) = tagged.items()
    if tag == "list":
        return [read_value(item) for item in value]
    if tag == "context":
        return {key: read_value(item) for key, item in value.items()}
    if tag == "boolean":
        return str(value).lower() == "true"
    if tag == "number":
        return Decimal(value)
    return _READ[tag](value) if tag in _READ else value


def read_type(declared: Any) -> Type:
    """A declared type of the cases, such as `{"list": "number"}`."""
    if isinstance(declared, dict):
        if "list" in declared:
            return ListOf(read_type(declared["list"]))
        return Context({name: read_type(field) for name, field in declared["context"].items()})
    return SIMPLE.get(declared, ITEM_DEFINITIONS.get(declared, ANY)) if declared else ANY


def same(expected: object, actual: object) -> bool:
    """Whether a result is the expected one; an endless number agrees in the digits that are given."""
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return expected == actual or _agree(expected, actual)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    if isinstance(expected, (Time, DateTime)):
        return expected == actual
    return compare("=", expected, actual) is True


def _agree(expected: Decimal, actual: Decimal) -> bool:
    """Whether the digits are those of an endless number; the kit cuts, or takes them from binary floats."""
    places = -cast(int, expected.as_tuple().exponent)
    return places >= 8 and abs(expected - actual) < Decimal(2).scaleb(-places)


def run_case(case: Mapping[str, Any], *, compiled: bool = False) -> Result:
    """Runs one case; inputs and result are converted to their declared types, as a decision does."""
    inputs = {name: read_value(value) for name, value in case["inputs"].items()}
    types = {name: read_type(declared) for name, declared in case["input_types"].items()}
    scope = {name: _declared(value, types.get(name, ANY)) for name, value in inputs.items()}
    parsed = parse(Source.exact("case", case["expression"]), frozenset(all_names(scope)))
    value: object = None
    if parsed.expression is not None:
        library = with_clock(BUILTINS, _NOW)
        run = generate(parsed.expression).value if compiled else partial(evaluate, parsed.expression)
        value = run(scope, functions=library, types=ITEM_DEFINITIONS)
    actual = _declared(value, read_type(case["result_type"]))
    expected = read_value(case["expected"])
    shown = (print_value(one, inside=True) or "" for one in (expected, actual))
    return Result(case["id"], case["section"], case["expression"], same(expected, actual), *shown)


def _declared(value: object, wanted: Type) -> object:
    found = conform(value, wanted)
    return None if found is MISMATCH else found


def run(lines: Iterable[str], *, compiled: bool = False) -> Iterator[Result]:
    """Runs every case of a file, none left out."""
    for line in lines:
        if line.strip():
            yield run_case(json.loads(line), compiled=compiled)


def report(results: Iterable[Result]) -> tuple[str, bool]:
    """The report as text, and whether every case passed (and there was one)."""
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    lines: list[str] = []
    for result in results:
        (passed if result.passed else failed)[result.section] += 1
        if not result.passed:
            expression = " ".join(result.expression.split())
            lines.append(f"FAILED {result.id}\n  {expression}")
            lines.append(f"  expected {result.expected}\n  actual   {result.actual}")
    for section in sorted(passed | failed):
        lines.append(f"{section:<45} {passed[section]:>5} passed {failed[section]:>5} failed")
    total = passed.total() + failed.total()
    share = 100 * passed.total() / total if total else 0
    lines.append(f"{'all':<45} {passed.total():>5} passed {failed.total():>5} failed  {share:.2f} %")
    return "\n".join(lines), total > 0 and not failed


def main(arguments: list[str]) -> int:
    """The command: the path of a file of cases, and how to run them."""
    files = [each for each in arguments if each != "--compiled"]
    if len(files) != 1:
        sys.stderr.write("usage: python -m policyengine.feel.conformance FILE [--compiled]\n")
        return 2
    try:
        text = Path(files[0]).read_text(encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"cannot read {files[0]}: {error.strerror}\n")
        return 2
    shown, complete = report(run(text.split("\n"), compiled="--compiled" in arguments))
    sys.stdout.write(shown + "\n")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
