"""What FEEL writes for a phrase of SQL, Python, JavaScript, a spreadsheet or plain English.

The parser has stopped at a token. A rule for that token looks at the tokens around it and gives the stretch
of text that is meant, and what to write instead of it; None where the phrase is a different one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from policyengine.feel.syntax.lexer import Token
from policyengine.feel.syntax.surroundings import ENDS, Around, Phrase
from policyengine.text import literal_guesses

_WORDS: Mapping[str, str] = {
    ">=": "greater than or equal to, greater or equal, no less than, at least",
    "<=": "less than or equal to, less or equal, no more than, at most",
    ">": "more than, greater than, larger than, higher than, exceeds, above, over, after",
    "<": "less than, fewer than, lower than, smaller than, below, under, before",
    "=": "equal to, equals",
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divided by",
}
_COMPARISONS = {words: sign for sign, several in _WORDS.items() for words in several.split(", ")}
_NOTHING = frozenset({"empty", "null", "blank", "none", "missing", "unknown", "nil", "undefined", "unset"})
_SOMETHING = frozenset({"set", "defined", "present", "given", "known", "filled", "there"})
_SPREADSHEET = {
    ("if", 3): "if {0} then {1} else {2}",
    ("wenn", 3): "if {0} then {1} else {2}",
    ("countif", 2): "count({0}[{1}])",
    ("zählenwenn", 2): "count({0}[{1}])",
    ("sumif", 2): "sum({0}[{1}])",
    ("round", 2): "round half up({0}, {1})",
    ("runden", 2): "round half up({0}, {1})",
}
_TEXT_TESTS = {
    "startswith": "starts with({0}, {1})",
    "starts with": "starts with({0}, {1})",
    "endswith": "ends with({0}, {1})",
    "ends with": "ends with({0}, {1})",
    "matches": "matches({0}, {1})",
    "contains": "contains({0}, {1})` for a text, `list contains({0}, {1})",
    "includes": "contains({0}, {1})` for a text, `list contains({0}, {1})",
}


def phrase(text: str, at: int) -> Phrase | None:
    """What FEEL writes for the phrase of another language around an offset; None where there is none."""
    around = Around(text, at)
    word = around.word()
    for rule in (_RULES.get(word), _compared, _named_before):
        found = rule(around) if rule is not None else None
        if found is not None and found.instead != text[found.start : found.end]:
            return found
    return next((found for pattern in _WHOLE if (found := pattern(text)) is not None), None)


def _operator(around: Around, words: int, operator: str) -> Phrase | None:
    """`left operator right` for so many words between two operands."""
    start, after = around.left(), around.at + words
    end = around.right(after)
    left, right = around.written(start, around.at), around.written(after, end)
    period = literal_guesses.period(around.written(after, end + 1))
    if period is not None and right.isdigit():
        end, right = end + 1, f'@"{period}"'
    return around.phrase(start, end, f"{left} {operator} {right}") if left and right else None


def _compared(around: Around) -> Phrase | None:
    """`more than`, `at least`, `plus`."""
    return _comparison(around, 0)


def _comparison(around: Around, skipped: int) -> Phrase | None:
    for words, operator in _COMPARISONS.items():
        parts = words.split()
        if [around.word(skipped + i) for i in range(len(parts))] == parts:
            return _operator(around, skipped + len(parts), operator)
    return None


def _is(around: Around) -> Phrase | None:
    """`is empty`, `is not null`, `is at least`, `is not`, `is`."""
    start, left = around.left(), around.written(around.left(), around.at)
    negated = around.word(1) == "not"
    word, end = around.word(1 + negated), around.at + 2 + negated
    if left and word in _NOTHING | _SOMETHING and "(" not in around.word(2 + negated):
        if around.is_operand(start, end):
            return None
        known = (word in _SOMETHING) != negated
        asked = f"is defined({left})" if known else f"not(is defined({left}))"
        counted = f"`, or for a list `count({left}) {'>' if known else '='} 0" if word == "empty" else ""
        return around.phrase(start, end, asked + counted)
    if word in ("in", "between"):
        end = around.clause_end(around.at + 1 + negated, ENDS - {"and"})
        tested = f"{left} {around.written(around.at + 1 + negated, end)}"
        return around.phrase(start, end, f"not({tested})" if negated else tested)
    return _comparison(around, 1) or _operator(around, 1 + negated, "!=" if negated else "=")


def _not(around: Around) -> Phrase | None:
    """`not in`, `not between`, `not like`."""
    if around.word(1) == "like":
        return _like(around)
    if around.word(1) not in ("in", "between"):
        return None
    start = around.left()
    ends = ENDS - {"and"} if around.word(1) == "between" else ENDS
    end = around.clause_end(around.at + 1, ends)
    tested = f"{around.written(start, around.at)} {around.written(around.at + 1, end)}"
    return around.phrase(start, end, f"not({tested})") if start < around.at else None


def _called(template: str, words: int = 1) -> Callable[[Around], Phrase | None]:
    """The rule for an operator between two operands that is a function in FEEL."""

    def rule(around: Around) -> Phrase | None:
        start, after = around.left(), around.at + words
        end = around.right(after)
        left, right = around.written(start, around.at), around.written(after, end)
        return around.phrase(start, end, template.format(left, right)) if left and right else None

    return rule


def _like(around: Around) -> Phrase | None:
    """`like "N%"`, `not like "N%"`."""
    start, after = around.left(), around.at + 1 + (around.word() == "not")
    text, pattern = around.written(start, around.at), around.written(after, after + 1).strip("\"'")
    plain = pattern.strip("%*")
    first, last = pattern.startswith(("%", "*")), pattern.endswith(("%", "*"))
    if not text or not re.fullmatch(r"[^%*_?\\]+|[\w%*? ]+", plain):
        return None
    if {"%", "*", "_", "?"} & set(plain):
        letters = {"%": ".*", "*": ".*", "_": ".", "?": "."}
        tested = f'matches({text}, "^{"".join(letters.get(each, each) for each in pattern)}$")'
    elif first or last:
        name = "contains" if first and last else "starts with" if last else "ends with"
        tested = f'{name}({text}, "{plain}")'
    else:
        tested = f'{text} = "{plain}"'
    return around.phrase(start, after + 1, f"not({tested})" if around.word() == "not" else tested)


def _starts(around: Around) -> Phrase | None:
    """`starts with`, `startswith` and the like between two operands."""
    two = f"{around.word()} {around.word(1)}"
    if two in _TEXT_TESTS:
        return _called(_TEXT_TESTS[two], 2)(around)
    return _called(_TEXT_TESTS[around.word()])(around) if around.word() in _TEXT_TESTS else None


def _where(around: Around) -> Phrase | None:
    """`every d in deals where ...`; `count(deals where ...)`."""
    if (quantifier := around.quantifier()) is not None:
        return _picked(around, quantifier) or _satisfies(around)
    if (picked := _picked_behind(around)) is not None:
        return picked
    start, end = around.left(), around.clause_end(around.at + 1, frozenset({"then", "else"}))
    listed, condition = around.written(start, around.at), around.written(around.at + 1, end)
    if not listed or not condition or listed.endswith(")"):
        return None
    return around.phrase(start, end, f"{listed}[{condition}]")


def _picked(around: Around, start: int) -> Phrase | None:
    """`every d in deals where ... satisfies ...`: a filter picks the items."""
    middle = around.clause_end(around.at + 1, frozenset({"satisfies"}))
    domain, asked = around.written(start, around.at), around.written(around.at + 1, middle)
    end, asked = around.clause_end(middle + 1), asked.replace(f"{domain.split()[1]}.", "")
    text = f"{domain}[{asked}] satisfies {around.written(middle + 1, end)}"
    return around.phrase(start, end, text) if around.written(middle, middle + 1) == "satisfies" else None


def _picked_behind(around: Around) -> Phrase | None:
    """`every d in deals satisfies ... where ...`: a filter picks the items."""
    start, end = around.clause_start(), around.clause_end(around.at + 1)
    found = re.fullmatch(
        r"((?:some|every)\s+(\w+)\s+in\s+[\w.]+)\s+satisfies\s+(.+)", around.written(start, around.at)
    )
    if found is None:
        return None
    asked = around.written(around.at + 1, end).replace(f"{found[2]}.", "")
    return around.phrase(start, end, f"{found[1]}[{asked}] satisfies {found[3]}")


def _satisfies(around: Around) -> Phrase | None:
    """`every d in deals: ...`, or with another word instead of `satisfies`."""
    start = around.quantifier()
    if start is None:
        return None
    end = around.clause_end(around.at + 1)
    domain, condition = around.written(start, around.at), around.written(around.at + 1, end)
    return around.phrase(start, end, f"{domain} satisfies {condition}")


def _ternary(around: Around) -> Phrase | None:
    """`c ? a : b`."""
    start, colon = around.clause_start(), around.clause_end(around.at + 1, frozenset({":"}))
    end = around.clause_end(colon + 1, frozenset({",", ";"}))
    parts = [
        around.written(start, around.at), around.written(around.at + 1, colon), around.written(colon + 1, end)
    ]  # fmt: skip
    return around.phrase(start, end, "if {} then {} else {}".format(*parts)) if all(parts) else None


def _if_behind(around: Around) -> Phrase | None:
    """`a if c else b`, or a list with `if` and a condition."""
    otherwise = around.clause_end(around.at + 1, frozenset({"else"}))
    if around.tokens[otherwise : otherwise + 1] and around.tokens[otherwise].kind == "else":
        start, end = around.clause_start(), around.clause_end(otherwise + 1, frozenset({",", ";"}))
        then, condition = around.written(start, around.at), around.written(around.at + 1, otherwise)
        last = around.written(otherwise + 1, end)
        return around.phrase(start, end, f"if {condition} then {then} else {last}")
    return _where(around)


def _xor(around: Around) -> Phrase | None:
    """`a xor b`."""
    start, end = around.clause_start(), around.clause_end(around.at + 1, ENDS)
    left, right = around.written(start, around.at), around.written(around.at + 1, end)
    return around.phrase(start, end, f"({left}) != ({right})") if left and right else None


def _coalesce(around: Around) -> Phrase | None:
    """`a ?? b`."""
    start, end = around.left(), around.right(around.at + 1)
    left, right = around.written(start, around.at), around.written(around.at + 1, end)
    if around.is_operand(start, end):
        return None
    return around.phrase(start, end, f"(if is defined({left}) then {left} else {right})")


def _semicolon(around: Around) -> Phrase | None:
    """A semicolon between the arguments of a call, as spreadsheets have it."""
    opening = around.clause_start() - 1
    while opening >= 0 and around.tokens[opening].kind in (",", ";"):
        around.at = opening
        opening = around.clause_start() - 1
    if (
        opening < 1
        or around.tokens[opening].kind != "("
        or around.tokens[opening - 1].kind not in ("name", "if")
    ):
        return None
    start, end = opening - 1, around.clause_end(opening + 1) + 1
    arguments, at = [], opening + 1
    while at < end:
        behind = around.clause_end(at, frozenset({",", ";"}))
        arguments.append(around.written(at, behind))
        at = behind + 1
    name = around.written(start, opening)
    template = _SPREADSHEET.get((name.lower(), len(arguments)), f"{name}({', '.join(arguments)})")
    return around.phrase(start, end, template.format(*arguments))


def _named_before(around: Around) -> Phrase | None:
    """A word in front that FEEL does not have: `any d in ...`, `INTERVAL 90 DAY`."""
    before = around.word(-1)
    if before in ("any", "each", "all", "exists") and around.word(1) == "in":
        word = "some" if before in ("any", "exists") else "every"
        end = around.clause_end(around.at)
        return around.phrase(around.at - 1, end, f"{word} {around.written(around.at, end)}")
    if before == "interval":
        period = literal_guesses.period(f"{around.word()} {around.word(1)}")
        return around.phrase(around.at - 1, around.at + 2, f'@"{period}"') if period else None
    if before == "@" and around.tokens[around.at : around.at + 1]:
        named = around.tokens[around.at]
        return around.phrase(around.at - 1, around.at + 1, named.text) if named.kind == "name" else None
    return None


def _range(around: Around) -> Phrase | None:
    """`in 5..10`, `= 5..10`: a range has brackets."""
    low, end = around.left(), around.right(around.at + 1)
    if low < 1 or low == around.at or end == around.at + 1:
        return None
    ends = f"[{around.written(low, around.at)}..{around.written(around.at + 1, end)}]"
    if around.tokens[low - 1].kind == "in":
        return around.phrase(low, end, ends)
    if around.tokens[low - 1].kind != "=":
        return None
    around.at = low - 1
    start = around.left()
    return around.phrase(start, end, f"{around.written(start, low - 1)} in {ends}")


def _between_comma(around: Around) -> Phrase | None:
    """`between 5, 10`."""
    low = around.left()
    if low < 1 or around.tokens[low - 1].kind != "between":
        return None
    end = around.right(around.at + 1)
    ends = around.written(low, around.at), around.written(around.at + 1, end)
    return around.phrase(low, end, f"{ends[0]} and {ends[1]}")


_RULES: Mapping[str, Callable[[Around], Phrase | None]] = {
    "is": _is,
    "not": _not,
    "mod": _called("modulo({0}, {1})"),
    "%": _called("modulo({0}, {1})"),
    "like": _like,
    "starts": _starts,
    "startswith": _starts,
    "ends": _starts,
    "endswith": _starts,
    "matches": _starts,
    "contains": _starts,
    "includes": _starts,
    "where": _where,
    "having": _where,
    "such": _satisfies,
    ":": _satisfies,
    "xor": _xor,
    "?": _ternary,
    "??": _coalesce,
    "if": _if_behind,
    ";": _semicolon,
    "..": _range,
    ",": _between_comma,
}

_BODY = r"(?P<body>(?:[^()]|\([^()]*\))+)"
_CALL = r"(?<![\w.])(?P<list>[\w.]+)\.(?P<name>\w+)\("
_LAMBDA = re.compile(rf"{_CALL}\s*\(?(?P<item>\w+)\)?\s*(?:=>|->)\s*{_BODY}\)")
_GENERATOR = re.compile(rf"(?P<name>all|any|sum)\({_BODY} for (?P<item>\w+) in (?P<list>[\w.]+)\)")
_CASE = re.compile(r"\b(case|when|then|else|end)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(?:\$\{|\{\{|#\{)\s*([\w.]+)\s*\}\}?")
_METHODS = {
    "some": "some {item} in {list} satisfies {body}",
    "any": "some {item} in {list} satisfies {body}",
    "every": "every {item} in {list} satisfies {body}",
    "all": "every {item} in {list} satisfies {body}",
    "map": "for {item} in {list} return {body}",
    "sum": "sum(for {item} in {list} return {body})",
}


def _lambda(text: str) -> Phrase | None:
    """`deals.filter(d => d.approved)`, `all(d.approved for d in deals)`."""
    found = _LAMBDA.search(text) or _GENERATOR.search(text)
    if found is None:
        return None
    parts = found.groupdict()
    if parts["name"] in ("filter", "find"):
        item = re.escape(parts["item"])
        condition = re.sub(rf"\b{item}\b(\.?)", lambda each: "" if each[1] else "item", parts["body"])
        return Phrase(found.start(), found.end(), f"{parts['list']}[{condition}]")
    template = _METHODS.get(parts["name"])
    return None if template is None else Phrase(found.start(), found.end(), template.format(**parts))


def _case(text: str) -> Phrase | None:
    """`case when c then a else b end`, `case x when 1 then a when 2 then b else c end`."""
    parts = _CASE.split(text)
    if re.fullmatch("case( when then)+ else end", " ".join(parts[1::2]).lower()) is None:
        return None
    subject, values = parts[2].strip(), [each.strip() for each in parts[4:-1:2]]
    asked = f"{subject} = " if subject else ""
    clauses = map(f"if {asked}{{}} then {{}} else ".format, values[:-1:2], values[1::2])
    return Phrase(len(parts[0]), len(text) - len(parts[-1]), "".join(clauses) + values[-1])


def _placeholder(text: str) -> Phrase | None:
    """`${points}`, `{{points}}`."""
    found = _PLACEHOLDER.search(text)
    return None if found is None else Phrase(found.start(), found.end(), found[1])


def _two_ends(text: str) -> Phrase | None:
    """`> 100 and <= 200`: a test of both ends."""
    found = literal_guesses.both(text)
    return None if found is None else Phrase(0, len(text), found)


_WHOLE: Sequence[Callable[[str], Phrase | None]] = (_lambda, _case, _placeholder, _two_ends)


def number(text: str, at: int, before: Token | None) -> Phrase | None:
    """The number in the notation of FEEL for one with a sign of money, `k`, separators or a unit."""
    start = at if before is None else min(before.start, at)
    for found in _FIGURE.finditer(text):
        if found.start() <= start < found.end() or found.start() <= at <= found.end():
            plain = literal_guesses.number(found.group().strip())
            if plain is not None and plain.endswith("%"):
                plain = format(Decimal(plain[:-1]).scaleb(-2).normalize(), "f")
            if plain is not None:
                return Phrase(found.start(), found.start() + len(found.group().rstrip()), plain)
    return None


_FIGURE = re.compile(
    r"(?<![\w.])(?:(?:[A-Z]{3}|[€$£¥])\s?)?\d[\d.,'’]*(?:[ \u00a0]\d{3}(?!\d))*(?:\s?(?:%|[A-Z]{3}\b|[€$£¥]|"
    r"(?:[kK]|[mM]|[mM]io|mn|bn|Tsd|thousand|million)\b\.?))*"
)
