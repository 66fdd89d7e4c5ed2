"""Conditions of policies as people read them: tests and expressions with the nouns of their facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from policyengine.decision.wording import is_or_are
from policyengine.papers.blocks import Run
from policyengine.papers.voice import Voice

Runs = list[str | Run]
_OF_LISTS = {
    "any": "one of these holds", "all": "all of these hold", "none": "none of these holds",
}  # fmt: skip
_CHILDREN = ("some", "every", "count")
_HEADS = (*_OF_LISTS, "at_least", *_CHILDREN)
_FURTHER = ("of", "where", "must", "is")
_TOKEN = re.compile(r'@?"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*(?:\.\w+)*')
_DEFINED = re.compile(r"is defined\(([^()]+)\)")
_EITHER = re.compile(r"if is defined\((.+)\) then \1 else (.+)")
_OF_PERIODS = {
    "period_number": "number of the period", "period.start": "first day of the period",
    "period.end": "last day of the period", "period.days": "days of the period",
}  # fmt: skip


def expression(voice: Voice, entity: str, written: Any) -> str:
    """An expression with the nouns of the facts that it names, and lengths of time in words."""

    def told(token: re.Match[str]) -> str:
        text = token[0]
        if text.startswith('@"P'):
            return voice.say.length(text[2:-1])
        if text in _OF_PERIODS:
            return voice.say(_OF_PERIODS[text])
        return voice.noun(entity, text) if _is_fact(voice, entity, text) else text

    named = _TOKEN.sub(told, _flat(written))
    if (either := _EITHER.fullmatch(named)) is not None:
        return voice.say("{noun} if it is given, else {other}", noun=either[1], other=either[2])
    return _DEFINED.sub(lambda asked: voice.say("{noun} is given", noun=asked[1]), named)


def condition(voice: Voice, entity: str, written: Any) -> Runs:
    """A condition as it is written: `active accounts: from 10 to 15; region: EMEA or APAC`."""
    if not isinstance(written, dict):
        return [] if written is None else [expression(voice, entity, written)]
    heads = [key for key in _HEADS if key in written and not _is_fact(voice, entity, key)]
    own = {*heads, *_FURTHER} if heads else set()
    parts = [*_combined(voice, entity, {key: each for key, each in written.items() if key in own})]
    parts += [test(voice, entity, key, each) for key, each in written.items() if key not in own]
    return joined(parts, "; ")


def joined(parts: Sequence[Runs], link: str) -> Runs:
    """Several lines as one."""
    found: Runs = []
    for part in parts:
        found += [link, *part] if found else part
    return found


def test(voice: Voice, entity: str, fact: str, written: Any) -> Runs:
    """A test of one fact: `active accounts are from 10 to 15`."""
    noun = voice.noun(entity, fact)
    plain = written["is"] if isinstance(written, dict) and "is" in written else written
    told = None if isinstance(plain, dict) else voice.test(entity, fact, plain)
    if told is None:
        return [f"{noun}: {expression(voice, entity, plain)}"]
    if told in (voice.say("yes"), voice.say("no")):
        return [f"{noun}: {told}"]
    return [f"{noun} {is_or_are(noun)} {told}" if voice.say.code == "en" else f"{noun}: {told}"]


def _combined(voice: Voice, entity: str, written: dict[str, Any]) -> Iterator[Runs]:
    say = voice.say
    for key, begins in _OF_LISTS.items():
        if key in written:
            yield [f"{say(begins)}: ", *_alternatives(voice, entity, written[key])]
    if "at_least" in written:
        lead = say("at least {count} of these hold", count=written["at_least"])
        yield [f"{lead}: ", *_alternatives(voice, entity, written.get("of"))]
    name = next((written[key] for key in _CHILDREN if key in written), None)
    if name is None:
        return
    child = next((each for each, below in voice.vocabulary.children(entity) if below.list == name), entity)
    noun = voice.entity(child) if child != entity else str(name)
    where: Runs = []
    if "where" in written:
        where = [f" {say('with')} ", *condition(voice, child, written["where"])]
    if "some" in written:
        yield [say("there is some {noun}", noun=noun), *where]
    elif "every" in written:
        must = condition(voice, child, written.get("must"))
        yield [say("of every {noun}", noun=noun), *where, ": ", *must]
    else:
        yield [say("number: {noun}", noun=noun), *where, ": ", *_number(voice, child, written.get("is"))]


def _number(voice: Voice, entity: str, written: Any) -> Runs:
    told = voice.test(entity, "", written)
    return [told if told is not None else expression(voice, entity, written)]


def _alternatives(voice: Voice, entity: str, written: Any) -> Runs:
    parts = [condition(voice, entity, each) for each in written or ()]
    return joined([["(", *part, ")"] if len(part) > 1 else part for part in parts], "; ")


def _is_fact(voice: Voice, entity: str, name: str) -> bool:
    return entity in voice.vocabulary.entities and name in voice.vocabulary.names(entity)


def _flat(written: Any) -> str:
    """Written data on one line."""
    if isinstance(written, dict):
        return "{" + ", ".join(f"{key}: {_flat(each)}" for key, each in written.items()) + "}"
    if isinstance(written, list):
        return "[" + ", ".join(map(_flat, written)) + "]"
    return " ".join(str(written).split())
