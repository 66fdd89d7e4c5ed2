"""A comparison as text: sentences by policy, each with its witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from policyengine.analysis.acceptance import Refusal
from policyengine.analysis.statements import MOVES, OPEN, Contrast, Statement
from policyengine.analysis.variations import ABSENT, Variation
from policyengine.analysis.witness import NotDecided, Same, Witness
from policyengine.change.program_comparison import Meaning, ProgramComparison, Spoken
from policyengine.decision.findings import UNDETERMINED
from policyengine.decision.wording import (
    PERCENT,
    capital,
    day,
    join,
    plural,
    quantity,
    requirement_words,
    status_words,
    subject_name,
    words,
)
from policyengine.policy.rule import Choose, Const, Reading, Rule, Rules
from policyengine.program.record import Record
from policyengine.render.record_yaml import record_yaml, written
from policyengine.render.style import Paint, clean, painter
from policyengine.source import Span

_MOST = 3
_MONEY = frozenset({"amount", "net"})
_TELLING = ("level", "rate", "party", "role", "net", "currency", "due_on", "period", "next_stage", "value")
"""What is shown of something that only one version says."""
_SECTIONS = {"discounts": "discount on", "gates": "gate of", MOVES: "leaving"}


def headline(found: ProgramComparison) -> str:
    """One sentence: the number of changes, the program, the versions."""
    program = found.new.declarations.title if found.new.declarations is not None else found.new.name
    between = f"from {found.old.name} to {found.new.name}, as of {day(found.new.as_of)}"
    changes = sum(len(each.spoken) for each in found.changed)
    same = sum(len(each.spoken) for each in found.meanings if each.same)
    asides = []
    if same:
        asides.append(f"{plural(same, 'part')} written differently with the same meaning")
    if found.wording:
        asides.append(f"{plural(len(found.wording), 'change')} of wording")
    aside = f" ({join(asides)})" if asides else ""
    if not changes:
        return f"{program}: nothing changes its meaning{aside}, {between}."
    policies = {each.change.policy for meaning in found.changed for each in meaning.spoken}
    where = f" in {plural(len(policies), 'policy')}" if policies != {None} else ""
    return f"{program}: {plural(changes, 'change')} of meaning{where}{aside}, {between}."


def changes_text(found: ProgramComparison, *, color: bool = False) -> str:
    """The comparison for a terminal."""
    paint = painter(color)
    lines = [paint(clean(headline(found)), "strong")]
    lines += [clean(capital(notice)) + "." for notice in found.notices]
    for title, meanings in _by_policy(found.changed):
        lines += ["", paint(clean(title), "strong")]
        for meaning in meanings:
            lines += _meaning(meaning, paint)
    same = [spoken for meaning in found.meanings if meaning.same for spoken in meaning.spoken]
    for heading, some in (("The same for all records", same), ("Only the wording", found.wording)):
        if some:
            lines += ["", paint(heading, "strong"), *(_line(spoken, paint) for spoken in some)]
    return "\n".join(lines)


def _by_policy(meanings: Iterable[Meaning]) -> Iterator[tuple[str, list[Meaning]]]:
    found: dict[str, list[Meaning]] = {}
    for meaning in meanings:
        first = meaning.spoken[0]
        name = first.title if first.change.policy is None else f"{first.title} ({first.change.policy})"
        found.setdefault(name, []).append(meaning)
    yield from found.items()


def _line(spoken: Spoken, paint: Paint) -> str:
    at = place_of(spoken)
    return f"  {clean(spoken.sentence)}" + (f"  {paint(clean(str(at)), 'faint')}" if at is not None else "")


def place_of(spoken: Spoken) -> Span | None:
    """The place of the change: in the new version, or in the old one for a removed part."""
    old, new = spoken.change.spans
    return new or old


def _meaning(meaning: Meaning, paint: Paint) -> Iterator[str]:
    yield from (_line(spoken, paint) for spoken in meaning.spoken)
    yield from (f"    {line}" for line in verdict_lines(meaning))


def verdict_lines(meaning: Meaning) -> Iterator[str]:
    """The verdict: a witness, a proof that nothing changes, or neither."""
    match meaning.verdict:
        case Same(reason):
            yield f"The same for all records that both versions take: {reason}."
        case Refusal(record, reason):
            yield "The smallest record that is no longer read:"
            yield from (f"  {clean(line)}" for line in record_yaml(record).splitlines())
            yield f"now    refused: {clean(reason)}"
        case NotDecided(reason, tried):
            yield f"Not decided: no record of {tried} that were tried shows it, and {clean(reason)}."
        case Witness() as witness:
            yield from _witness(witness, meaning.day)


def _witness(witness: Witness, on: date) -> Iterator[str]:
    yield f"{_introduced(witness)}, on {day(on)}:"
    record = witness.shown or witness.record
    yield from (f"  {clean(line)}" for line in record_yaml(record).splitlines())
    for contrast in witness.contrasts[:_MOST]:
        yield from contrast_lines(contrast)
    if len(witness.contrasts) > _MOST:
        yield f"and {len(witness.contrasts) - _MOST} more"


def _introduced(witness: Witness) -> str:
    if witness.start is None:
        return "The smallest record that shows it"
    name = _name(witness.record, witness.start)
    if not witness.moved:
        return f"{name} shows it as it is"
    return f"{name} shows it with " + join(_moved(moved) for moved in witness.moved)


def _name(record: Record, start: int) -> str:
    return clean(str(record.facts.get("id", f"record {start + 1}")))


def _moved(moved: Variation) -> str:
    where = "".join(f"{name}[{i + 1}]." for name, i in moved.way)
    before, after = ("nothing" if each is ABSENT else written(each) for each in (moved.before, moved.after))
    return clean(f"{where}{moved.name} {after} instead of {before}")


def contrast_lines(contrast: Contrast) -> Iterator[str]:
    """The statements of both versions about one subject."""
    for when, side, other in (("before", contrast.old, contrast.new), ("now", contrast.new, contrast.old)):
        yield f"{when:6} {'nothing' if side is None else clean(_said(side, other))}"


def _said(said: Statement, other: Statement | None) -> str:
    """The statement of one version, reduced to what differs from the other."""
    name = said.title or words(said.id)
    whom = "" if said.subject.root else f" of {subject_name(said.subject)}"
    if said.write is not None:
        value = said.values["value"]
        shown = "not decided" if value is OPEN else "nothing" if value is None else said.write(value)
        return f"{name}{whom}: {shown}"
    values = []
    status = said.values.get("status")
    if isinstance(status, str) and (
        other is None or other.values.get("status") != status or _only(said, other)
    ):
        values.append(status_words(status))
    differing = {
        key: value for key, value in said.values.items()
        if key != "status" and value not in (None, ()) and (other is None or other.values.get(key) != value)
    }  # fmt: skip
    if "level" in differing:
        differing.pop("candidate", None)
    if other is None:
        told = {key: value for key, value in differing.items() if key in _TELLING}
        differing = told or differing
    values += [text for key in differing if (text := _value(said, key, other))]
    about = f"{_SECTIONS.get(said.section, '')} {name}{whom}".strip()
    return f"{about}: {', '.join(values) or 'nothing more'}"


def _only(said: Statement, other: Statement) -> bool:
    """Whether the statements differ in status only."""
    return all(other.values.get(key) == value for key, value in said.values.items() if key != "status")


def _value(said: Statement, key: str, other: Statement | None) -> str:
    value = said.values[key]
    if key == "requirements" and isinstance(value, tuple):
        before = other.values.get(key) if other is not None else ()
        found = [each for each in value if not isinstance(before, tuple) or each not in before]
        titles = _titles(said.rule)
        return "; ".join(
            f"“{titles.get(each[0]) or words(each[0])}” {requirement_words(str(dict(each[1:])['status']))}"
            for each in found
        )
    if value is OPEN or value == UNDETERMINED:
        return f"{words(key)} not decided"
    unit = PERCENT if "rate" in key else str(said.values.get("currency") or "") if key in _MONEY else ""
    if isinstance(value, tuple):
        return f"{words(key)} {join(str(getattr(each, 'title', each)) for each in value)}"
    return f"{words(key)} {_title_of(said.rule, key, value) or quantity(value, unit)}"


def _titles(rule: Rule | None) -> dict[str, str]:
    """The titles of the requirements that a rule may show."""
    pending: list[Reading] = [] if rule is None else list(rule.fields.values())
    found: dict[str, str] = {}
    while pending:
        match pending.pop():
            case Choose(_, cases, otherwise):
                pending += [*cases.values(), otherwise]
            case Rules(rules):
                found.update((each.origin.id, each.origin.title) for each in rules)
    return found


def _title_of(rule: Rule | None, key: str, value: object) -> str | None:
    """The title of a level or a stage, which the rule shows beside it."""
    match None if rule is None else rule.fields.get(f"{key}_title"):
        case Choose(_, cases) if isinstance(value, str) and isinstance(cases.get(value), Const):
            return str(cases[value].value)  # type: ignore[union-attr]
        case Const(str() as title):
            return title
    return None
