"""What FEEL writes for a function or a method of SQL, Python, JavaScript or a spreadsheet.

A template has the arguments by number, `{0}`, or all of them, `{all}`; `{operand[0]}` is an argument as an
operand, in brackets if need be. Where a function has several meanings, the type of its first argument
decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from policyengine.feel.syntax.tree import (
    And,
    Between,
    Binary,
    Call,
    Comparison,
    Expression,
    For,
    If,
    In,
    Literal,
    Name,
    Negate,
    Or,
    Path,
    Quantified,
)
from policyengine.feel.types.types import TEXT, Enum, ListOf, Type
from policyengine.text import literal_guesses


class Sight(Protocol):
    """The names in sight."""

    def find(self, name: str) -> Type | None:
        """The type of a name, None if there is none."""


# The names, the number of arguments (-1: any), and what FEEL writes.
_FUNCTIONS: Sequence[tuple[str, int, str]] = (
    ("if iff iif wenn ifelse", 3, "if {0} then {1} else {2}"),
    ("and und", -1, "{and}"),
    ("or oder", -1, "{or}"),
    ("xor", 2, "{operand[0]} != {operand[1]}"),
    ("countif zählenwenn", 2, "count({0}[{1}])"),
    ("sumif summewenn", 2, "sum({0}[{1}])"),
    ("round runden rnd", 1, "round half up({0}, 0)"),
    ("round runden", 2, "round half up({0}, {1})"),
    ("roundup aufrunden", 2, "round up({0}, {1})"),
    ("rounddown abrunden truncate", 2, "round down({0}, {1})"),
    ("ceil", 1, "ceiling({0})"),
    ("int ganzzahl", 1, "floor({0})"),
    ("trunc truncate kürzen", 1, "round down({0}, 0)"),
    ("avg average mittelwert avgif", -1, "mean({all})"),
    ("summe total", -1, "sum({all})"),
    ("anzahl counta size card", 1, "count({0})"),
    ("mod rest remainder", 2, "modulo({0}, {1})"),
    ("pow power potenz", 2, "{operand[0]} ** {operand[1]}"),
    ("isblank isnull isempty isnone istleer isna", 1, "not(is defined({0}))"),
    ("isset notnull notempty isnotnull hasvalue defined", 1, "is defined({0})"),
    ("coalesce ifnull nvl isnull ifna iferror get_or_else", 2, "if is defined({0}) then {0} else {1}"),
    ("lower lcase tolower lowercase klein", 1, "lower case({0})"),
    ("upper ucase toupper uppercase gross", 1, "upper case({0})"),
    ("left links", 2, "substring({0}, 1, {1})"),
    ("right rechts", 2, "substring({0}, -{1})"),
    ("mid substr teil", 3, "substring({0}, {1}, {2})"),
    ("concat concatenate verketten", -1, "{plus}"),
    ("str tostring text cstr to_char to_string", 1, "string({0})"),
    ("float int tonumber val to_number decimal cdbl", 1, "number({0})"),
    ("startswith starts_with", 2, "starts with({0}, {1})"),
    ("endswith ends_with", 2, "ends with({0}, {1})"),
    ("includes has", 2, "list contains({0}, {1})"),
    ("year jahr month monat day tag hour minute second weekday", 1, "{operand[0]}.{part}"),
    ("datediff datedif days tage date_diff days_between", 2, "{operand[0]} - {operand[1]}"),
    ("days tage", 1, "{operand[0]}.days"),
    ("today now getdate current_date sysdate heute curdate jetzt current_timestamp", 0, "today"),
    ("exists any_of notempty", 1, "count({0}) > 0"),
    ("atleast at_least", 2, "count({1}[item = true]) >= {0}"),
)
_OPENS = (If, For, Quantified)
_OPERATIONS = (*_OPENS, Or, And, Comparison, Between, In, Binary, Negate)
_ARITHMETIC, _OPERATORS = r"[-+*/]", r"[-+*/=<>!]|\b(?:and|or|in|between|instance)\b"
_PARTS = {"jahr": "year", "monat": "month", "tag": "day"}
_METHODS: Sequence[tuple[str, int, str]] = (
    ("startswith starts_with", 1, "starts with({t}, {0})"),
    ("endswith ends_with", 1, "ends with({t}, {0})"),
    ("contains includes has indexof in", 1, "contains({t}, {0})"),
    ("lower tolowercase lowercase tolower", 0, "lower case({t})"),
    ("upper touppercase uppercase toupper", 0, "upper case({t})"),
    ("matches match test", 1, "matches({t}, {0})"),
    ("sum min max mean median", 0, "{name}({t})"),
    ("avg average", 0, "mean({t})"),
    ("isempty empty", 0, "not(is defined({t}))"),
    ("tostring str", 0, "string({t})"),
    ("round", 0, "round half up({t}, 0)"),
)
_SIZES = frozenset({"length", "len", "size", "count", "number", "länge"})
_HAS, _IS_EMPTY = "list contains({t}, {0})", "count({t}) = 0"
_MIXED = {"contains": _HAS, "includes": _HAS, "has": _HAS, "isempty": _IS_EMPTY, "empty": _IS_EMPTY}


def function_call(
    node: Call, name: str, arguments: Sequence[Expression], given: Sequence[Type]
) -> str | None:
    """What FEEL writes for a call of a function that it does not have; None where nobody knows."""
    word = name.lower().replace(" ", "_")
    written = [argument.span.text for argument in arguments]
    listed = bool(given) and isinstance(given[0], ListOf)
    if word in _SIZES and len(given) == 1:
        return f"{'string length' if _is_text(given[0]) else 'count'}({written[0]})"
    if word in ("dateadd", "adddays", "date_add", "adddate", "datum") and len(written) >= 2:
        return _later(arguments)
    if listed and word in ("exists", "isset", "isempty"):
        return f"count({written[0]}) {'=' if word == 'isempty' else '>'} 0"
    for names, count, template in _FUNCTIONS:
        if word in names.split() and count in (-1, len(written)) and (written or not count):
            filled = _filled(template, arguments, _PARTS.get(word, word))
            is_arithmetic = template == "{plus}" or re.search(r"} (?:-|\*\*) {", template) is not None
            is_operation = is_arithmetic or template.startswith(("if ", "{and}", "{or}")) or "} " in template
            inside = is_operation and _is_operand(node, _ARITHMETIC if is_arithmetic else _OPERATORS)
            return f"({filled})" if inside else filled
    return None


def _filled(template: str, arguments: Sequence[Expression], part: str) -> str:
    operands = _in_brackets(arguments, _OPERATIONS)
    return template.format(
        *(each.span.text for each in arguments), operand=operands, part=part,
        all=", ".join(each.span.text for each in arguments), plus=" + ".join(operands),
        **{"and": " and ".join(_in_brackets(arguments, (*_OPENS, Or)))},
        **{"or": " or ".join(_in_brackets(arguments, _OPENS))},
    )  # fmt: skip


def _in_brackets(arguments: Sequence[Expression], kinds: tuple[type[Expression], ...]) -> list[str]:
    """Arguments as the operands of an operator: those of some kinds in brackets."""
    texts = [(each, each.span.text) for each in arguments]
    return [f"({text})" if isinstance(each, kinds) and not _is_closed(text) else text for each, text in texts]


def _is_closed(text: str) -> bool:
    """Whether a text is in brackets as a whole."""
    depths = accumulate((letter == "(") - (letter == ")") for letter in text)
    return next((i for i, depth in enumerate(depths, 1) if not depth), 0) == len(text)


def _is_operand(node: Call, operators: str) -> bool:
    """Whether one of some operators stands before or behind a call."""
    text, at = node.span.source.text, node.span
    before, behind = text[: at.start][-20:], text[at.end : at.end + 20]
    return bool(re.search(rf"(?:{operators})\s*$", before) or re.match(rf"\s*(?:{operators}|[.\[])", behind))


def _later(arguments: Sequence[Expression]) -> str | None:
    """`DATEADD(joined_on, 30)` and `DATEADD(day, 30, joined_on)`: a date and a period."""
    day = arguments[-1] if len(arguments) == 3 else arguments[0]
    unit = arguments[0].span.text.strip("\"'") if len(arguments) == 3 else "days"
    period = literal_guesses.period(f"{arguments[1].span.text} {unit}")
    return f'{day.span.text} + @"{period}"' if period else None


def method_call(target: Expression, kind: Type, node: Path, call: Call | None) -> str | None:
    """What FEEL writes for a method or a property of a value that has none such; None where nobody knows."""
    written = [argument.span.text for argument in call.positional] if call is not None else []
    word, text = node.name.lower(), target.span.text
    if word in _SIZES and not written:
        return f"{'string length' if _is_text(kind) else 'count'}({text})"
    if isinstance(kind, ListOf) and word in _MIXED and call is not None:
        return _MIXED[word].format(*written, t=text)
    for names, count, template in _METHODS:
        if word in names.split() and count == len(written) and call is not None:
            return template.format(*written, t=text, name=word)
    return None


def _is_text(kind: Type) -> bool:
    return kind == TEXT or isinstance(kind, Enum)


def argument_of(name: str, arguments: Sequence[Expression], given: Sequence[Type]) -> str | None:
    """What FEEL writes for a call of its own function with arguments of another language; None if unknown."""
    written = [argument.span.text for argument in arguments]
    if name == "range" and len(written) == 2:
        return f"[{written[0]}..{written[1]}]"
    if name in ("duration", "date") and written:
        return _moment(name, arguments)
    if name == "contains" and len(written) == 2 and isinstance(given[0], ListOf):
        return f"list contains({written[0]}, {written[1]})"
    if name in ("count", "sum", "mean", "max", "min") and len(written) == 2 and isinstance(given[0], ListOf):
        return f"{name}({written[0]}[{written[1]}])" if isinstance(arguments[1], Comparison) else None
    if len(given) == 1 and isinstance(given[0], ListOf) and isinstance(given[0].item, ListOf):
        return f"{name}(flatten({written[0]}))"
    return None


def _moment(name: str, arguments: Sequence[Expression]) -> str | None:
    values = [str(one.value) if isinstance(one, Literal) else one.span.text for one in arguments]
    if name == "date":
        day = literal_guesses.date(values[0]) if len(values) == 1 else None
        return f'date("{day}")' if day is not None else None
    period = literal_guesses.period(" ".join(values))
    return f'@"{period}"' if period is not None else None


def of_items(node: Expression, kind: Type, scope: Sight, rest: str, word: str = "some") -> str | None:
    """`some d in deals satisfies d.stage = "won"` for `deals.stage = "won"`; else None."""
    if not isinstance(kind, ListOf) or not isinstance(node, Path) or not isinstance(node.target, Name):
        return None
    owner = node.target.name
    item = owner[0] if owner[0].isalpha() and scope.find(owner[0]) is None else "item"
    return f"{word} {item} in {owner} satisfies {item}.{node.name}{rest}"
