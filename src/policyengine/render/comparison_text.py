"""A comparison as text: sentences by policy, each with its witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from policyengine.analysis.acceptance import Refusal
from policyengine.analysis.contrasts import Contrast
from policyengine.analysis.statements import FIGURES, MOVES, OPEN, Statement
from policyengine.analysis.variations import ABSENT, Variation
from policyengine.analysis.witness import NotDecided, Same, Witness
from policyengine.change.program_comparison import Meaning, ProgramComparison, Spoken
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED, ObligationTopic
from policyengine.decision.reason_words import points
from policyengine.decision.wording import (
    PERCENT,
    capital,
    day,
    every,
    join,
    plural,
    quantity,
    requirement_words,
    some,
    status_words,
    subject_name,
    words,
)
from policyengine.policy.change_words import cut_list, cut_text
from policyengine.policy.rule import Choose, Reading, Rule, Rules
from policyengine.program.record import Record
from policyengine.render.record_yaml import record_yaml, written
from policyengine.render.style import Paint, clean, painter
from policyengine.source import Span

_MOST = 3
_MONEY = frozenset({"amount", "net"})
_TELLING = ("level", "rate", "party", "role", "net", "currency", "due_on", "period", "next_stage", "value")
"""What is shown of something that only one version says, or that applies in one only."""
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
    for heading, listed in (("The same for all records", same), ("Only the wording", found.wording)):
        if listed:
            lines += ["", paint(heading, "strong"), *(_line(spoken, paint) for spoken in listed)]
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
            yield from (f"  {clean(line)}" for line in record_yaml(record, ()).splitlines())
            yield f"now    refused: {clean(reason)}"
        case NotDecided(reason, tried):
            yield f"Not decided: no record of {tried} that were tried shows it, and {clean(reason)}."
        case Witness() as witness:
            yield from _witness(witness, meaning.day)


def _witness(witness: Witness, on: date) -> Iterator[str]:
    aside = (
        " (alone: by this change without the others)"
        if any(each.alone for each in witness.contrasts[:_MOST])
        else ""
    )
    yield f"{_introduced(witness)}, on {day(on)}{aside}:"
    record = witness.shown or witness.record
    yield from (f"  {clean(line)}" for line in record_yaml(record, _telling_rows(witness)).splitlines())
    for contrast in witness.contrasts[:_MOST]:
        yield from contrast_lines(contrast)
    if len(witness.contrasts) > _MOST:
        yield f"and {len(witness.contrasts) - _MOST} more"


def _telling_rows(witness: Witness) -> set[tuple[str, int]]:
    """The rows of the lists of a record that were changed in it, and those that the statements are about."""
    said = (side for each in witness.contrasts[:_MOST] for side in (each.old, each.new) if side is not None)
    subjects = [subject for each in said for subject in (*each.subject.within, each.subject)]
    return {*(step for moved in witness.moved for step in moved.way),
            *((subject.entity, subject.position - 1) for subject in subjects)}  # fmt: skip


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
    before, after = (
        "nothing" if each is ABSENT else _cut(each, other)
        for each, other in ((moved.before, moved.after), (moved.after, moved.before))
    )
    return clean(f"{where}{moved.name} {after} instead of {before}")


def _cut(value: object, other: object) -> str:
    """A value of a fact; of a long one the part in which it differs from the other."""
    if isinstance(value, tuple):
        items = (
            [written(each) for each in side] for side in (value, other if isinstance(other, tuple) else ())
        )
        return f"[{cut_list(*items)}]" if value else "[]"
    return cut_text(written(value), written(other))


def contrast_lines(contrast: Contrast) -> Iterator[str]:
    """The statements of both versions about one subject; of a change alone also what all changes come to."""
    old, new, whole = contrast.old, contrast.new, contrast.whole
    yield f"before {_side(old, new)}"
    if not contrast.alone:
        yield f"now    {_side(new, old)}"
        return
    yield f"alone  {_side(new, old)}"
    as_before = whole is not None and old is not None and whole.form == old.form
    yield f"now    {'as before' if as_before else _side(whole, old)}"


def _side(side: Statement | None, other: Statement | None) -> str:
    return "nothing" if side is None else clean(_said(side, other))


def _said(said: Statement, other: Statement | None) -> str:
    """The statement of one version, reduced to what differs from the other."""
    name = said.title or words(said.id)
    whom = "" if said.subject.root else f" of {subject_name(said.subject)}"
    if said.section == FIGURES:
        value = said.values["value"]
        shown = (
            "not decided" if value is OPEN else "nothing" if value is None else _texts(said, "value", other)
        )
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
    if other is None or other.values.get("status") == NOT_APPLICABLE:
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
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):  # requirements, parts of a score
        before = other.values.get(key) if other is not None else ()
        found = [each for each in value if not isinstance(before, tuple) or each not in before]
        titles = _titles(said.rule)
        said_of = (f"“{titles.get(each[0]) or words(each[0])}” {_part(dict(each[1:]))}" for each in found)
        return some(said_of, link="; ")
    if value is OPEN or value == UNDETERMINED:
        return f"{words(key)} not decided"
    return f"{words(key)} {_texts(said, key, other)}"


def _part(values: Mapping[str, object]) -> str:
    """What a requirement or a part of a score comes to: `fulfilled`, `24 points`."""
    found = values.get("points")
    if values["status"] == "counted" and isinstance(found, Decimal):
        return points(found, None)
    return requirement_words(str(values["status"]))


def _texts(said: Statement, key: str, other: Statement | None) -> str:
    """A value as people write it; a long one is cut where it is as on the other side."""
    value, against = said.values[key], None if other is None else other.values.get(key)
    if isinstance(value, (list, tuple)):
        write = said.writes.get(key, quantity)
        one = write if said.section != FIGURES else lambda each: write([each])
        sides = (value, against if isinstance(against, (list, tuple)) else ())
        return cut_list(
            *(
                [each.title if isinstance(each, ObligationTopic) else one(each) for each in side]
                for side in sides
            )
        )
    text = _text(said, key, value)
    return text if against is None or other is None else cut_text(text, _text(other, key, against))


def _text(said: Statement, key: str, value: object) -> str:
    write = said.writes.get(key)
    if write is not None:
        return write(value)
    if key == "every":
        return every(str(value)).removeprefix("every ")
    unit = PERCENT if "rate" in key else str(said.values.get("currency") or "") if key in _MONEY else ""
    return quantity(value, unit)


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
