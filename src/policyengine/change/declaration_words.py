"""Changes of a program's declarations in words: its currency, parties and items, entities and their facts."""

from __future__ import annotations

from typing import Any

from policyengine.decision.wording import join, words
from policyengine.policy.change_context import ChangeContext, called, quoted
from policyengine.policy.change_words import possible_values, type_words

_HEADS = {
    "id": ("the program", "has the id"),
    "currency": ("all money", "is in"),
    "rounding": ("a charge", "is rounded"),
    "fiscal_year_starts": ("a fiscal year", "begins on"),
}


def describe_declaration(context: ChangeContext) -> str | None:
    """What changes in program.yaml; None for a place that no sentence is made for."""
    match context.keys:
        case (key,) if key in _HEADS:
            return context.was(*_HEADS[key], _in_words if key == "rounding" else quoted)
        case ("define", *names):
            return _of_definition(context, names)
        case ("items", name, "combine"):
            return context.was(
                f"several discounts on {called(context.name or words(name))}", "come to", _combined
            )
        case (("parties" | "items") as key, *names):
            return _labels(context, "party" if key == "parties" else "item", names)
        case ("entities",) | ("entities", _, "facts"):
            found = context.new if context.new is not None else context.old
            titles = join(called(str(each.get("title", words(name)))) for name, each in found.items())
            inside = f" in {called(context.name)}" if context.names else ""
            return context.comes_or_goes(f"records can now hold {titles}{inside}",
                                         f"records no longer hold {titles}{inside}")  # fmt: skip
        case ("entities", name):
            title = called(_title(context, name))
            return context.comes_or_goes(f"records can now hold {title}", f"records no longer hold {title}")
        case ("entities", entity, "facts", name):
            return _fact(context, entity, name)
        case ("entities", _, "facts", name, *keys) if keys:
            return _of_fact(context, called(context.name or words(name)), tuple(keys))
        case ("entities", _, ("best" | "periods" | "order") as part, *keys):
            return {"best": _of_best, "periods": _of_period, "order": _of_order}[part](context, keys)
        case ("entities", name, key):
            return _of_entity(context, called(context.name or words(name)), key)
    return None


def _in_words(value: Any) -> str:
    return words(str(value))


def _title(context: ChangeContext, name: str) -> str:
    value = context.new if context.new is not None else context.old
    return str(value["title"]) if isinstance(value, dict) and "title" in value else words(name)


def _labels(context: ChangeContext, noun: str, names: list[str]) -> str:
    """Parties and items that come and go."""
    found = context.new if context.new is not None else context.old
    title = (
        join(called(str(each.get("title") if isinstance(each, dict) else each)) for each in found.values())
        if isinstance(found, dict)
        else called(str(found))
    )
    if names and not isinstance(found, str):
        title = called(names[0])
    return context.comes_or_goes(f"new {noun}: {title}", f"no {noun} {title} any more")


def _fact(context: ChangeContext, entity: str, name: str) -> str:
    written = context.new if context.new is not None else context.old
    own = written if isinstance(written, dict) else {}
    inside = called(context.names[-2]) if len(context.names) > 1 else called(words(entity))
    how = ""
    if own.get("formula") is not None:
        how = f", worked out as {quoted(own['formula'])}"
    elif str(own.get("required")) == "true":
        how = ", which every record must give"
    title = called(_title(context, name))
    return context.comes_or_goes(
        f"new fact in {inside}: {title}{how}", f"no fact {title} in {inside} any more"
    )


def _of_fact(context: ChangeContext, subject: str, keys: tuple[str, ...]) -> str | None:
    new = context.new
    match keys:
        case ("type",):
            return context.was(subject, "is", type_words)
        case ("required",):
            needed = str(new) == "true"
            return (
                f"every record must now give {subject}"
                if needed
                else f"a record need no longer give {subject}"
            )
        case ("ordered",):
            return f"the values of {subject} {'now' if str(new) == 'true' else 'no longer'} ascend"
        case ("granted",):
            return f"{subject} {'is now' if str(new) == 'true' else 'is no longer'} given by levels"
        case ("combine",):
            return context.was(f"several grants of {subject}", "come to", _combined)
        case ("default",):
            return context.was(subject, "is taken, where a record does not say it, as")
        case ("given",):
            return f"a record {'may now' if new is not None else 'may no longer'} say {subject} itself"
        case ("shown",):
            return f"{subject} {'is no longer' if str(new) == 'false' else 'is now'} among the figures"
        case ("informative",):
            kept = "is now" if str(new) == "true" else "is no longer"
            return f"{subject} {kept} for people alone"
        case ("currency",):
            return context.was(subject, "is in the currency that names", quoted)
        case ("values", *_):
            return possible_values(context, subject)
    return None


def _of_best(context: ChangeContext, keys: list[str]) -> str | None:
    """The best one of a list, under which name and by what it is chosen."""
    match keys:
        case [] | [_]:
            found = context.new if context.new is not None else context.old
            own = list(found.values()) if not keys else [found]
            titles = join(called(str(each.get("title"))) for each in own)
            return context.comes_or_goes(f"{titles} is now chosen", f"{titles} is no longer chosen")
        case [_, "by"]:
            return context.was(called(context.name), "is chosen by")
        case [_, "order"]:
            return context.was(called(context.name), "is that with the value that is", _in_words)
    return None


def _of_period(context: ChangeContext, keys: list[str]) -> str | None:
    """The period that holds a day: which one, of which day, and what it is called."""
    match keys:
        case [] | [_]:
            found = context.new if context.new is not None else context.old
            own = list(found.values()) if not keys else [found]
            titles = join(called(str(each.get("title"))) for each in own)
            return context.comes_or_goes(f"new period: {titles}", f"no period {titles} any more")
        case [_, "of"]:
            return context.was(called(context.name), "is the period of", quoted)
        case [_, "every"]:
            return context.was(called(context.name), "is a", _length)
        case [_, "starting"]:
            return context.was(called(context.name), "is counted from", quoted)
        case [_, "label"]:
            return context.was(called(context.name), "is called", quoted)
    return None


def _length(text: object) -> str:
    return str(text) if " " in str(text) else f"period of {quoted(text)}"


def _of_definition(context: ChangeContext, names: list[str]) -> str | None:
    """Formulas with parameters that come, go or change."""
    if len(names) > 1:
        verb = {"formula": "is", "of": "is of"}.get(names[1])
        return None if verb is None else context.was(f"the formula {quoted(names[0])}", verb, quoted)
    found = context.new if context.new is not None else context.old
    titles = join(quoted(name) for name in (names or found))
    return context.comes_or_goes(f"new formula: {titles}", f"no formula {titles} any more")


def _of_order(context: ChangeContext, keys: list[str]) -> str | None:
    """In which order the children of a list stand."""
    subject = called(context.name or words(context.keys[1]))
    match keys:
        case []:
            found = context.new if context.new is not None else context.old
            by = _listed(found.get("by"))
            return context.comes_or_goes(f"{subject} now stands in an order: {by}",
                                         f"{subject} no longer stands in an order: {by}")  # fmt: skip
        case ["by"]:
            return context.was(f"the order of {subject}", "is", _listed)
        case ["first"]:
            highest = "highest" in (str(context.new), str(context.old) if context.new is None else "")
            first = "highest" if highest and context.new is not None else "lowest"
            return f"the first {subject} is now the one with the {first} value"
        case ["restart"]:
            return context.was(f"the order of {subject}", "begins anew for each", quoted)
    return None


def _listed(by: Any) -> str:
    return "as listed" if by == "as_listed" else f"by {quoted(by)}"


def _of_entity(context: ChangeContext, subject: str, key: str) -> str | None:
    match key:
        case "key":
            return context.was(subject, "is told apart by")
        case "label":
            return context.was(subject, "is called by")
        case "list":
            return context.was(f"the list of {subject} in a record", "is called")
        case "within":
            return context.was(subject, "is part of")
        case "default":
            left_out = f"a record that leaves out the list of {subject}"
            return f"{left_out} {'has none' if context.new else 'no longer says that there are none'}"
    return None


def _combined(how: Any) -> str:
    words_of = {"highest": "the highest of them", "add": "their sum", "first": "the first of them"}
    return words_of.get(str(how), quoted(how))
