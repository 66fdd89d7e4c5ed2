"""The light answer: what is found for whom, without a word about why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from policyengine.decision.findings import Origin, Subject
from policyengine.diagnostics import Diagnostic
from policyengine.engine.finding_values import unknown_in
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.reader_source import ReaderSource
from policyengine.engine.rows.readings import Readings
from policyengine.feel.codegen.emit import EXACT, SURE
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Const, Reading, Rule, Value


class Outcome(NamedTuple):
    """A finding by its policy and id, the list of a decision that it stands in, its status and its values.

    `values` are those of the finding that are single values (a rate, an amount, a party, a day), None where
    one is not known; what the policy itself leaves empty is not there. Reasons, requirements and what is
    missing for more are left out; `evaluate` gives them. Equal outcomes of different subjects may be one
    object: do not change `values`.
    """

    policy: str
    id: str
    section: str
    status: str
    values: Mapping[str, object]


class SubjectOutcomes(NamedTuple):
    """All that is found for one subject, and its derived facts.

    `runs` are the outcomes in the order of the policies, in parts that subjects with the same answers share.
    `undecided` are the names of the derived facts that are not known.
    """

    subject: Subject
    runs: tuple[tuple[Outcome, ...], ...]
    values: Mapping[str, object]
    undecided: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes in the order of the policies."""
        return tuple(chain.from_iterable(self.runs))


class Outcomes(NamedTuple):
    """The outcomes for everyone in a record; one that cannot be read has `diagnostics` instead."""

    subjects: tuple[SubjectOutcomes, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def shown_fields(rule: Rule) -> dict[str, Reading]:
    """The fields of a finding that an outcome has; not those that the policy leaves empty."""
    return {
        name: reading
        for name, reading in rule.fields.items()
        if _is_plain(reading) and reading != Const(None) and reading != Const(())
    }


def _is_plain(reading: Reading) -> bool:
    match reading:
        case Const() | Value():
            return True
        case Choose(_, cases, otherwise):
            return all(_is_plain(each) for each in (*cases.values(), otherwise))
        case _:
            return False


ReadOutcomes: TypeAlias = "Callable[[Row], SubjectOutcomes]"
_MOST = 1_000


class _Worded(dict[Any, Outcome]):
    """The outcomes of a rule that only has texts, by its status and these texts.

    Policies have few of them, for which one object stands; a record may bring others, so not all are kept.
    It takes a third of the time off outcomes of 48 duties.
    """

    def __init__(self, make: Callable[..., Outcome]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: tuple[Any, ...]) -> Outcome:
        made = self._make(*key)
        if len(self) < _MOST:
            self[key] = made
        return made


class OutcomeReaders:
    """Makes what reads the outcomes of the rules of one program off an instance: a function an entity."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._graph = readings.graph

    def reader(self, entity: str, names: Sequence[str]) -> ReadOutcomes | None:
        """What gives the outcomes for an instance and the values of nodes; None where there are none."""
        rules = [rule for rule in self._graph.rules if rule.entity == entity]
        if not rules and not names:
            return None
        out = ReaderSource(self._readings.program, entity)
        out.line("found = []")
        for rule in rules:
            self._add(out, rule)
        undecided = f"tuple([name for name, _ in {open_values(out, names)}])"
        made = f"(s.subject, (tuple(found),), {shown_values(out, names)}, {undecided if names else '()'})"
        return out.function(f"tuple_of({out.constant(SubjectOutcomes)}, {made})")

    def _add(self, out: ReaderSource, rule: Rule) -> None:
        """Adds the outcome of a rule, unless it has none, to those that are found."""
        status = out.name(rule.status).text
        if rule.exists is None:
            self._append(out, rule, status)
            return
        exists = out.name(rule.exists).text
        with out.block(f"if {exists} is not False:"):
            self._append(out, rule, f"U if {exists}.__class__ is U else {status}")

    def _append(self, out: ReaderSource, rule: Rule, status: str) -> None:
        said, shown = out.fresh(), shown_fields(rule)
        out.line(f"{said} = {status}")
        said = f"{said} if {said}.__class__ is S else UNDETERMINED"
        texts = [_text(out, each) for each in (*shown.values(), rule.origins or Const(None))]
        if None not in texts:
            key = ", ".join([said, *(each for each in texts if each)])
            table = out.constant(_Worded(partial(_outcome, rule, shown, [bool(each) for each in texts])))
            out.line(f"found.append({table}[{key},])")
            return
        values = [
            f"{out.constant(name)}: {self._readings.reading(out, each)}" for name, each in shown.items()
        ]
        origin = out.fresh()
        out.line(f"{origin} = {self._readings.origin(out, rule)}")
        policy, section = out.constant(rule.origin.policy), out.constant(rule.finding.section)
        parts = f"{policy}, {origin}.id, {section}, {said}, {{{', '.join(values)}}}"
        out.line(f"found.append(tuple_of({out.constant(Outcome)}, ({parts})))")


def _text(out: ReaderSource, reading: Reading) -> str | None:
    """The source of the text that a reading depends on; "" for none, None if it depends on more than one."""
    match reading:
        case Const():
            return ""
        case Value(node):
            code = out.name(node)
            is_text = code.cls == "S" and code.sure >= EXACT
            return out.shown(node) if is_text else None
        case Choose(by, cases, Const()) if all(isinstance(each, Const) for each in cases.values()):
            value, known = out.name(by).text, out.constant(frozenset(cases))
            return f"({value} if {value}.__class__ is S and {value} in {known} else None)"
    return None


def _outcome(
    rule: Rule, shown: Mapping[str, Reading], depends: Sequence[bool], status: str, *texts: str | None
) -> Outcome:
    """The outcome of a rule with this status, and these texts for the readings that depend on one."""
    given = iter(texts)
    *found, origin = [
        _told(reading, next(given) if open_one else None)
        for reading, open_one in zip((*shown.values(), rule.origins or Const(None)), depends, strict=True)
    ]
    part = origin if isinstance(origin, Origin) else rule.origin
    values = dict(zip(shown, found, strict=True))
    return Outcome(rule.origin.policy, part.id, rule.finding.section, status, values)


def _told(reading: Reading, text: str | None) -> object:
    match reading:
        case Const(value):
            return value
        case Choose(_, cases, otherwise):
            return _told(otherwise if text is None else cases[text], None)
    return text


_OPEN = frozenset({Unknown, list, tuple, dict})
"""The classes of values that may not be known, or not in part."""


def open_values(out: ReaderSource, names: Sequence[str]) -> str:
    """The variable of a list of the nodes that are not known, each with its causes."""
    found, classes, inside = out.fresh(), out.constant(_OPEN), out.constant(unknown_in)
    out.line(f"{found} = []")
    for name in names:
        value, cause = out.name(name), out.fresh()
        if value.sure != SURE:
            with out.block(f"if {value.text}.__class__ in {classes}:"):
                out.line(f"{cause} = {inside}({value.text})")
                out.line(f"if {cause} is not None:", f"    {found}.append(({out.constant(name)}, {cause}))")
    return found


def shown_values(out: ReaderSource, names: Sequence[str]) -> str:
    """The source of the values of nodes by their names, as findings hold them."""
    return f"{{{', '.join(f'{out.constant(name)}: {out.shown(name)}' for name in names)}}}"
