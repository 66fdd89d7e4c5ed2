"""How findings are read off the values of an instance: a generated function a rule.

What a rule fixes is looked at once. What belongs to one value of a choice (a level, a stage, a status) is
generated when that value first comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeAlias

from policyengine.decision.findings import (
    MANUAL,
    PASSING,
    Assumption,
    Finding,
    Origin,
    Shortfall,
)
from policyengine.engine.finding_values import open_twin
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.node_source import Sources
from policyengine.engine.rows.reader_source import Deferred, Read, ReaderSource
from policyengine.engine.rows.reason_source import Explanations, distinct
from policyengine.engine.shortfalls import Test, Tests, shortfalls, tests_of
from policyengine.policy.rule import (
    Build,
    Choose,
    Const,
    Explain,
    Reading,
    Resting,
    Rule,
    Rules,
    Shortfalls,
    Value,
    may_wait,
)

ReadFinding: TypeAlias = Callable[[Row], Finding | None]


class Cases(dict[str, Read]):
    """The readers of a choice by its values, each made when its value first comes."""

    def __init__(
        self, cases: Mapping[str, Reading], otherwise: Reading, make: Callable[[Reading], Read]
    ) -> None:
        super().__init__()
        self._cases = cases
        self._make = make
        self.otherwise = Deferred(lambda: make(otherwise))

    def __missing__(self, word: str) -> Read:
        if word not in self._cases:
            return self.otherwise.run
        made = self[word] = self._make(self._cases[word])
        return made


class Readings:
    """Makes the readers of the rules of one program."""

    def __init__(self, program: Sources) -> None:
        self.program = program
        self.graph = program.graph
        self.explanations = Explanations(program)

    def rule(self, rule: Rule) -> ReadFinding:
        """What reads the finding of a rule off an instance; it gives None where there is none."""
        out = ReaderSource(self.program, rule.entity)
        status = self.status(out, rule)
        shown = self._fields(out, rule.finding, rule.fields)
        shown["origin"] = self.origin(out, rule)
        shown["subject"], shown["status"] = (
            "s.subject",
            f"{status} if {status}.__class__ is S else UNDETERMINED",
        )
        shown["because"] = self._because(out, rule)
        shown["unknown"] = self._unknown(out, rule, status, shown)
        shown["assumptions"] = self.assumed(out, shown["origin"], rule, self.graph.resting.get(id(rule), ()))
        return out.function(self.made(out, rule.finding, shown))

    def _because(self, out: ReaderSource, rule: Rule) -> str:
        """The reasons; where it is not known whether there is a finding, those of that stand before them."""
        own = self.reading(out, rule.because)
        if rule.exists is None:
            return own
        exists, found = out.name(rule.exists).text, out.fresh()
        out.line(f"{found} = {own}")
        with out.block(f"if {exists}.__class__ is U:"):
            there = self.reading(out, Explain((rule.exists,)))
            out.line(f"{found} = {out.constant(distinct)}(({there}) + {found})")
        return found

    def status(self, out: ReaderSource, rule: Rule) -> str:
        """The status, or what is unknown of it; adds the lines that give None where there is no finding."""
        if rule.exists is None:
            return out.name(rule.status).text
        exists, status = out.name(rule.exists).text, out.name(rule.status).text
        found = out.fresh()
        out.line(f"if {exists} is False:", "    return None")
        out.line(f"{found} = {exists} if {exists}.__class__ is U else {status}")
        return found

    def _fields(self, out: ReaderSource, cls: Any, readings: Mapping[str, Reading]) -> dict[str, str]:
        """The source of every field of a class: a constant or a variable."""
        found: dict[str, str] = {}
        for each in fields(cls):
            reading = readings.get(each.name)
            if reading is None:
                found[each.name] = out.constant(None if each.default is MISSING else each.default)
            elif isinstance(reading, Const):
                found[each.name] = out.constant(reading.value)
            else:
                source, found[each.name] = self.reading(out, reading), out.fresh()
                out.line(f"{found[each.name]} = {source}")
        return found

    def made(self, out: ReaderSource, cls: Any, shown: Mapping[str, str]) -> str:
        """The variable of an instance of a class; it is made past its constructor, which is slow."""
        made = out.fresh()
        out.line(f"{made} = {out.constant(open_twin(cls))}()")
        out.line(*(f"{made}.{each.name} = {shown[each.name]}" for each in fields(cls)))
        out.line(f"{made}.__class__ = {out.constant(cls)}")
        return made

    def origin(self, out: ReaderSource, rule: Rule) -> str:
        """Where a finding comes from: the nearest place that is known."""
        own = out.constant(rule.origin)
        if rule.origins is None:
            return own
        found = out.fresh()
        out.line(f"{found} = {self.reading(out, rule.origins)}")
        out.line(f"if {found}.__class__ is not {out.constant(Origin)}:", f"    {found} = {own}")
        return found

    def assumed(self, out: ReaderSource, origin: str, rule: Rule, resting: Sequence[Resting]) -> str:
        """What the part of the policy assumes, and what else a finding rests on."""
        own = [rule.origin.assumption] if rule.origin.assumption is not None else []
        if rule.origins is None and all(each.node is None for each in resting):
            return out.constant(tuple(dict.fromkeys([*own, *(each.assumption for each in resting)])))
        parts = [f"(() if {origin}.assumption is None else ({origin}.assumption,))"]
        for each in resting:
            told = "" if each.node is None else f" if {out.name(each.node).text} is True else ()"
            parts.append(f"({out.constant((each.assumption,))}{told})")
        return parts[0] if len(parts) == 1 else f"{out.constant(_different)}({' + '.join(parts)})"

    # What is not known

    def _unknown(self, out: ReaderSource, rule: Rule, status: str, shown: Mapping[str, str]) -> str:
        """Why a finding is not decided. A known value is shown as something: only None is looked at."""
        told = [shown[name] for name, each in rule.fields.items() if _tells_values(each)]
        known = "".join(f" and {each} is not None" for each in told)
        behind = out.constant(Deferred(lambda: self._behind_rule(rule)))
        if any(isinstance(each, Explain) for each in rule.fields.values()):
            known = " and False"  # reasons do not show whether their values are known
        if may_wait(rule):
            known = f" and {status} != {out.constant(MANUAL)}{known}"
        is_known = f"{status}.__class__ is S"
        if known:
            is_known += f" and ({known.removeprefix(' and ')} or {status} == NOT_APPLICABLE)"
        return f"() if {is_known} else {behind}.run(s, {status})"

    def _behind_rule(self, rule: Rule) -> Read:
        """The causes of what is not known among what a finding shows, or else rests on."""
        out = ReaderSource(self.program, rule.entity)
        out.line("values = [t]")
        with out.block(f"if t.__class__ is not S or t == {out.constant(MANUAL)}:"):
            self._behind(out, rule.because)
        for each in rule.fields.values():
            self._behind(out, each)
        return out.function(f"{out.constant(unsettled)}(values)", "s, t")

    def _behind(self, out: ReaderSource, reading: Reading) -> None:
        """Adds the values that a reading shows to the list of them."""
        match reading:
            case Value(node):
                out.line(f"values.append({out.name(node).text})")
            case Explain(nodes) if nodes:
                out.line(f"values += ({', '.join(out.name(node).text for node in nodes)},)")
            case Choose(by, cases, otherwise):
                out.line(f"values += {self._chosen(out, by, cases, otherwise, self._behind_one)}")

    def _behind_one(self, entity: str, reading: Reading) -> Read:
        out = ReaderSource(self.program, entity)
        out.line("values = []")
        self._behind(out, reading)
        return out.function("values")

    def _chosen(
        self, out: ReaderSource, by: str, cases: Mapping[str, Reading], otherwise: Reading,
        make: Callable[[str, Reading], Read],
    ) -> str:  # fmt: skip
        """What the reader of the case gives that is chosen."""
        value, entity = out.name(by).text, out.entity
        table = Cases(cases, otherwise, lambda reading: make(entity, reading))
        readers = out.constant(table)
        return f"({readers}[{value}] if {value}.__class__ is S else {readers}.otherwise.run)(s)"

    # Readings

    def reading(self, out: ReaderSource, reading: Reading) -> str:
        """The source of what a reading gives."""
        match reading:
            case Const(value):
                return out.constant(value)
            case Value(node):
                return out.shown(node)
            case Choose(by, cases, Const(last)) if all(isinstance(each, Const) for each in cases.values()):
                table = {word: each.value for word, each in cases.items() if isinstance(each, Const)}
                value, otherwise = out.name(by).text, out.constant(last)
                quick = f"{out.constant(table)}.get({value}, {otherwise})"
                return f"{quick} if {value}.__class__ is S else {otherwise}"
            case Choose(by, cases, otherwise):
                return self._chosen(out, by, cases, otherwise, self._apart)
            case Explain(nodes):
                return self.explanations.reasons(out, nodes)
            case Build(make, parts):
                return self.made(out, make, self._fields(out, make, parts))
            case Rules(rules):
                return self._each(out, rules, self.rule)
            case Shortfalls(rules):
                return self._shortfalls(out, rules)

    def _apart(self, entity: str, reading: Reading) -> Read:
        """The reader of a reading by itself."""
        out = ReaderSource(self.program, entity)
        return out.function(self.reading(out, reading))

    def _each(self, out: ReaderSource, rules: Sequence[Rule], make: Callable[[Rule], Read]) -> str:
        """What the readers of rules find."""
        readers = out.constant([make(rule) for rule in rules])
        return f"tuple([f for r in {readers} if (f := r(s)) is not None])"

    def _shortfalls(self, out: ReaderSource, rules: Sequence[Rule]) -> str:
        readers = out.constant([self._lacking(rule) for rule in rules])
        return f"tuple([f for r in {readers} for f in r(s)])"

    def _lacking(self, rule: Rule) -> Callable[[Row], tuple[Shortfall, ...]]:
        """What a rule that does not hold still needs; nothing for one that holds."""
        out = ReaderSource(self.program, rule.entity)
        status = self.status(out, rule)
        out.line(f"if {status}.__class__ is S and {status} in {out.constant(PASSING)}:", "    return ()")
        tests = tests_of(self.graph, rule)
        head = f"{self.origin(out, rule)}, {status} if {status}.__class__ is S else UNDETERMINED"
        # By what each test is: an expression takes long to hash.
        looks = out.constant({id(test): look for test, look in self._looks(tests)})
        return out.function(
            f"{out.constant(shortfalls)}({head}, {out.constant(tests)}, lambda test: {looks}[id(test)](s))"
        )

    def _looks(self, tests: Tests | Test) -> Iterator[tuple[Test, Read]]:
        """What looks at each test of a condition: its value, and what gives its reasons."""
        if isinstance(tests, Tests):
            for part in tests.parts:
                yield from self._looks(part)
            return
        entity, expression = tests.entity, tests.expression
        why = Deferred(lambda: self.explanations.of_expression(entity, expression))
        out = ReaderSource(self.program, entity)
        value = out.value(expression).text
        look = out.function(f"({value}, lambda: {out.constant(why)}.run(s))")
        yield tests, (lambda row: look(above(row, tests.hops))) if tests.hops else look


def above(row: Any, hops: int) -> Any:
    """The instance that lies so many levels up."""
    for _ in range(hops):
        row = row.above
    return row


def _different(several: tuple[Assumption, ...]) -> tuple[Assumption, ...]:
    return several if len(several) < 2 else tuple(dict.fromkeys(several))


def _tells_values(reading: Reading) -> bool:
    """Whether what is not known behind a reading counts; it shows None then."""
    match reading:
        case Value():
            return True
        case Choose(_, cases, otherwise):
            return any(_tells_values(each) for each in (*cases.values(), otherwise))
    return False
