"""The mistakes of records, and how a failure of their JSON Schema is said in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from policyengine.diagnostics import Code, Diagnostic, did_you_mean, listed
from policyengine.policy.facts import Fact
from policyengine.policy.quantities import number, shorten
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text import literal_guesses
from policyengine.text.document import Document, Pointer, Scalar
from policyengine.text.document import Mapping as MappingNode
from policyengine.text.document import Sequence as SequenceNode

_GOOD = (
    "id: acme\nactive_accounts: 12\ncompetence_rating: positive\naccounts: [{id: A-1, monthly_fee: 10.00}]\n"
)

UNKNOWN_FACT = Code(
    id="RECORD001",
    title="a fact that the program does not know",
    why="A misspelt fact would count as missing, and its value would be read by nobody.",
    bad=_GOOD.replace("active_accounts", "active_acounts"),
    good=_GOOD,
    example="record",
)
WRONG_VALUE = Code(
    id="RECORD002",
    title="a value that is not of the type of its fact",
    why="Every fact has a type: a number, a date, one of some words. Nothing is guessed.",
    bad=_GOOD.replace("12", "a dozen"),
    good=_GOOD,
    example="record",
)
REQUIRED = Code(
    id="RECORD003",
    title="a record without a fact that it must have",
    why="The program requires this fact.",
    bad=_GOOD.replace("id: acme\n", ""),
    good=_GOOD,
    example="record",
)
DERIVED = Code(
    id="RECORD004",
    title="a record that states a derived fact",
    why="What a formula or a table works out has one value; a second one in the record could contradict it.",
    bad=_GOOD + "average_fee: 3\n",
    good=_GOOD,
    example="record",
)
SAME_KEY = Code(
    id="RECORD005",
    title="the same key twice in one list",
    why="Findings name their subject by its key.",
    bad=_GOOD.replace("10.00}", "10.00}, {id: A-1, monthly_fee: 12.00}"),
    good=_GOOD,
    example="record",
)
OTHER_PROGRAM = Code(
    id="RECORD006",
    title="a record of another program",
    why="It shares no fact with this program, so nothing in it would be read.",
    bad="id: acme\ncustomers: []\npartner_type: sales\n",
    good=_GOOD,
    example="record",
)
NOT_A_RECORD = Code(
    id="RECORD007",
    title="something that is not a record",
    why="A record is a mapping of facts to values; several records are a list.",
    bad="- just a text\n",
    good=_GOOD,
    example="record",
)
CODES = (UNKNOWN_FACT, WRONG_VALUE, REQUIRED, DERIVED, SAME_KEY, OTHER_PROGRAM, NOT_A_RECORD)

_WANTED = {"array": "a list", "object": "a mapping of facts to values"}
_TRUTH = {"1": "true", "0": "false"}
_NOT_KNOWN = frozenset(
    {"#n/a", "n/a", "na", "nan", "null", "none", "nil", "unknown", "tbd", "?", "-", "--", "\u2013", "\u2014"}
)
_WHOLE = "write it with digits only, such as 1234"
_DECIMAL = "write it with digits and one point, such as 1234.50"


def of_schema_error(
    error: Any, document: Document, base: Pointer, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    """What a failure of the schema means, at its place in the document."""
    pointer: Pointer = (*base, *error.absolute_path)
    entity = _entity_at(vocabulary, tuple(error.absolute_path))
    if error.validator == "additionalProperties":
        known = set(error.schema["properties"])
        for key in error.instance:
            if key not in known:
                yield unknown_fact(document.key_span((*pointer, key)), key, vocabulary, entity)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield REQUIRED.at(document.key_span(pointer), f"`{key}` is missing", help=f"add `{key}: ...`")
    else:
        found, node = _wrong(document, pointer, error, vocabulary, entity), document.at(pointer)
        plain = node.text if isinstance(node, Scalar) and not node.quoted else ""
        comment = literal_guesses.commented(plain)
        yield found if comment is None else replace(found, help=comment)


def unknown_fact(at: Span | None, key: str, vocabulary: Vocabulary, entity: str) -> Diagnostic:
    """What is wrong with a key that an entity does not have, and which one was probably meant."""
    facts = vocabulary.entities[entity].facts
    if key in facts:
        return DERIVED.at(at, f"`{key}` is derived by a formula", help=f"leave `{key}` out of the record")
    results = vocabulary.results.get(entity, {})
    if key in results:
        return DERIVED.at(at, f"`{key}` is worked out by a policy", help=f"leave `{key}` out of the record")
    known = [
        name for name in vocabulary.row(entity).fields
        if name not in results and (name not in facts or facts[name].is_given)
    ]  # fmt: skip
    help = did_you_mean(key, known) or _elsewhere(vocabulary, entity, key)
    title = vocabulary.entities[entity].title
    help = _headed(key, known, vocabulary, entity) or help or f"its facts are {listed(known)}"
    return UNKNOWN_FACT.at(at, f"`{shorten(key)}` is not a fact of the {title}", help=help)


def _headed(key: str, known: Iterable[str], vocabulary: Vocabulary, entity: str) -> str | None:
    """Which fact the head of a column means: `Partner ID` is `id` of a partner, `Monthly fee` a title."""
    declared, plain = vocabulary.entities[entity], literal_guesses.identifier(key, "_")
    for name in known if plain else ():
        titles = (declared.facts[name].title,) if name in declared.facts else ()
        for each in (name, *titles):
            if plain in (
                each,
                *(literal_guesses.identifier(f"{lead}{each}", "_") for lead in ("", f"{entity} ")),
            ):
                return f"did you mean `{name}`?"
    return None


def _elsewhere(vocabulary: Vocabulary, entity: str, key: str) -> str | None:
    for name, other in vocabulary.entities.items():
        if name != entity and key in vocabulary.row(name).fields:
            return f"`{key}` is a fact of the {other.title}"
    return None


def _wrong(
    document: Document, pointer: Pointer, error: Any, vocabulary: Vocabulary, entity: str
) -> Diagnostic:
    node = document.at(pointer)
    name = next((step for step in reversed(pointer) if isinstance(step, str)), "the record")
    fact = vocabulary.entities[entity].facts.get(name)
    text = shorten(node.text) if isinstance(node, Scalar) else _shape(node)
    at = document.value_span(pointer)
    if error.validator == "enum":
        values = [value for value in error.validator_value if value is not None]
        help = did_you_mean(text, values)
        choices = ", ".join(f"`{value}`" for value in values)
        return WRONG_VALUE.at(at, f"`{name}` cannot be `{text}`", help=help or f"it is one of {choices}")
    if error.validator in ("minimum", "maximum"):
        side = "below" if error.validator == "minimum" else "above"
        limit = Decimal(str(error.validator_value))
        edge, help = (str(limit), None) if fact is None else (fact.written(limit), _beyond(text, fact, limit))
        return WRONG_VALUE.at(at, f"`{name}` is {text}, which is {side} {edge}", help=help)
    if error.validator == "format" and error.cause is not None:
        return wrong_value(at, name, error.cause)
    quoted = f"`{text}`" if isinstance(node, Scalar) else text
    if fact is None and pointer and isinstance(pointer[-1], int):
        if isinstance(node, Scalar) and (node.is_null or not text.strip()):
            return WRONG_VALUE.at(at, f"an item of `{name}` is empty", help="write its facts, or remove it")
        return WRONG_VALUE.at(at, f"an item of `{name}` is a mapping of facts to values; found {quoted}")
    if isinstance(node, SequenceNode) and len(node.items) == 1 and isinstance(node.items[0], Scalar):
        help = f"write `{node.items[0].text}` without the brackets"
        found = f"`{name}` takes {_wanted(error, fact)}; found a list"
        return WRONG_VALUE.at(at, found, help=help)
    return WRONG_VALUE.at(
        at, f"`{name}` takes {_wanted(error, fact)}; found {quoted}", help=_hint(node, fact)
    )


def wrong_value(at: Span, name: str, cause: Exception) -> Diagnostic:
    """The mistake of a value that cannot be read, with what to write instead."""
    told, _, help = str(cause).partition("; ")
    return WRONG_VALUE.at(at, f"`{name}`: {told}", help=help or None)


def _beyond(text: str, fact: Fact, limit: Decimal) -> str | None:
    """Returns the help for a rate that may be in per cent."""
    if fact.scalar != "rate" or abs(number(text)) <= abs(limit):
        return None
    return f"write `{text}%` if per cent are meant, or give the fact a `max`"


def _wanted(error: Any, fact: Fact | None) -> str:
    value = error.validator_value
    first = value[0] if isinstance(value, list) and value else value
    if fact is not None and first != "array":
        return fact.single.words
    return _WANTED.get(str(first), "another value")


def _hint(node: Any, fact: Fact | None) -> str | None:
    if isinstance(node, MappingNode) and fact is None:
        return "put it in a list, `[{...}]`"
    if not isinstance(node, Scalar) or fact is None:
        return None
    if fact.is_list:
        return f"write `[{shorten(node.text)}]`"
    numeric = fact.single.schema.get("type") in ("integer", "number")
    if numeric and not node.quoted and node.text.strip().lstrip("+-").isdigit():
        return f"write {node.text.strip().lstrip('+-0') or '0'}"
    if numeric and (node.quoted or node.literal == "string") and node.text.strip().lstrip("+-").isdigit():
        return f"write {node.text.strip()} without quotes"
    bare = node.text.strip("'\" ")
    if fact.scalar == "boolean" and (word := _TRUTH.get(bare) or literal_guesses.boolean(bare)) is not None:
        written_as_text = node.quoted or node.literal == "string"
        return f"write `{word}`{' without quotes' if written_as_text else ''}"
    if fact.scalar == "text" and node.literal == "number":
        return f'write it as a text, "{node.text}"'
    if bare.casefold() in _NOT_KNOWN:
        return "leave out what is not known"
    if fact.single.is_number and (instead := literal_guesses.number(bare)) is not None:
        money = literal_guesses.is_amount(bare)
        if fact.single.is_whole and "." in instead:
            return "round it to a whole number" if not money else _WHOLE
        return f"write `{instead}`" + (", in the currency of the program" if money else "")
    if not fact.single.is_number or not _is_amount(bare):
        return None
    return _WHOLE if fact.single.is_whole else _DECIMAL


def _is_amount(text: str) -> bool:
    """Whether it is a number written in a way that is not ours: `1234 items`, `12.50 EUR`."""
    try:
        number(text)
    except ValueError:
        return any(letter.isdigit() for letter in text)
    return False


def _shape(node: object) -> str:
    return "a mapping" if isinstance(node, MappingNode) else "a list"


def _entity_at(vocabulary: Vocabulary, path: Pointer) -> str:
    """The entity whose facts stand at a path of the record."""
    entity = vocabulary.root
    for step in path:
        lists = {str(child.list): name for name, child in vocabulary.children(entity)}
        if isinstance(step, str) and step in lists:
            entity = lists[step]
    return entity
