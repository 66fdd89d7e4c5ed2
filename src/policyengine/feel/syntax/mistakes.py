"""Why a text is not FEEL: the diagnostic for a token that cannot stand where it does."""

from __future__ import annotations

import re
from decimal import Decimal

from policyengine.diagnostics import Diagnostic
from policyengine.feel import expression_codes as codes
from policyengine.feel.syntax import other_languages
from policyengine.feel.syntax.lexer import Located, Token
from policyengine.feel.syntax.surroundings import Phrase
from policyengine.text import literal_guesses

# Two adjacent tokens, or one, that other languages write, and what FEEL writes instead.
_FOREIGN = {
    "===": "=",
    "==": "=",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "^": "**",
}
_QUOTES = {"'": "'", "‘": "’", "’": "’", "“": "”", "”": "”", "„": "“", "`": "`", "«": "»"}
_ADVICE = {
    "#": "begin a comment with `//`",
    "$": "write the number alone: a fact knows its currency",
    "£": "write the number alone: a fact knows its currency",
    ";": "write a comma between arguments, a point in a number",
}
# Words that other languages and plain English put between two values.
_WORDS = {
    "is": "write `=`, or `!=` for `is not`",
    "equals": "write `=`",
    "?": "write `if ... then ... else ...`",
    "contains": "write `contains(text, part)`, or `list contains(list, item)`",
    "mod": "write `modulo(dividend, divisor)`",
    "matches": "write `matches(text, pattern)`",
}
# What FEEL writes for a word of another language, or of a spreadsheet.
_TRANSLATED = {"und": "and", "oder": "or", "nicht": "not(...)", "et": "and", "ou": "or", "xor": "!="}
_KEYWORDS = frozenset({"and", "or", "in", "if", "then", "else", "between", "some", "every", "satisfies"})
_SHARE = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?\s*$")
_FIGURE = re.compile(r"\d[\d.,]*(?: \d{3}(?!\d))*")
_OPERAND = re.compile(r"[^\W\d][\w.]*(?:\([^()]*\))?")
_LONGEST = 160
_NAMES = {"number": "the number", "text": "the text", "name": "the name"}


def token_words(token: Token) -> str:
    """A token as a message names it."""
    if token.kind == "end":
        return "the end"
    text = token.text if len(token.text) <= 40 else token.text[:37] + "..."
    word = _NAMES.get(token.kind)
    return f"{word} `{text}`" if word else f"`{text}`"


def foreign(located: Located, at: int) -> Diagnostic | None:
    """The diagnostic for a sign of another language at this offset, or None."""
    text = located.text
    for length in (3, 2, 1):
        sign = text[at : at + length]
        if sign in _FOREIGN and len(sign) == length:
            return codes.OPERATOR.at(
                located.span(at, at + length),
                f"`{sign}` is not an operator of FEEL",
                help=f"write `{_FOREIGN[sign]}`",
            )
    if text[at : at + 1] == "!":
        operand = _OPERAND.match(text, at + 1)
        end, negated = (at + 1, "...") if operand is None else (operand.end(), operand.group())
        return codes.OPERATOR.at(
            located.span(at, end), "`!` is not an operator of FEEL", help=f"write `not({negated})`"
        )
    if text[at : at + 1] == "%":
        rest = text[at + 1 :].lstrip()[:1]
        divides = rest.isalnum() or rest in {"(", "_"}
        help = "the remainder is `modulo(dividend, divisor)`" if divides and rest else _share(text[:at])
        return codes.OPERATOR.at(located.span(at, at + 1), "`%` is not an operator of FEEL", help=help)
    return None


def _share(before: str) -> str:
    """The advice for a `%` behind this text: the number in front of it as a share of 1."""
    found = _SHARE.search(before)
    if found is None:
        return "write 20 % as `0.2`"
    share = found.group().strip()
    return f"write `{share} %` as `{format(Decimal(share.replace(',', '.')).scaleb(-2).normalize(), 'f')}`"


def _character_words(char: str) -> str:
    return f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"


def bad_token(located: Located, token: Token) -> Diagnostic:
    """The diagnostic for a character that belongs to no token."""
    text, at = located.text, token.start
    first = text[at]
    cut_off = _behind_comment(located) if first == '"' else None
    if cut_off is not None:
        message = "` #` begins a comment here, and ends the expression"
        return codes.UNCLOSED.at(located.span(at, len(text)), message, help=f"write `'{cut_off}'`")
    if first == '"':
        return codes.UNCLOSED.at(
            located.span(at, at + 1), "this text has no closing quote", help='write `"` where the text ends'
        )
    if first == "/":
        return codes.UNCLOSED.at(
            located.span(at, at + 2), "this comment is not closed", help="write `*/` where the comment ends"
        )
    spoken = None if first == "'" else _phrase(located, token)
    if spoken is not None:
        return spoken
    if first in _QUOTES:
        figure = other_languages.number(text, at, None)
        if figure is not None:
            return _figure_of(located, figure)
        end = text.find(_QUOTES[first], at + 1)
        word = text[at + 1 : end] if end > 0 else ""
        span = located.span(at, end + 1 if end > 0 else at + 1)
        if first == "`":
            return codes.QUOTES.at(span, "a name stands without quotation marks", help=f"write `{word}`")
        return codes.QUOTES.at(span, "a text stands between straight double quotes", help=f'write `"{word}"`')
    advice = "remove the `;`" if not text[at:].strip(" ;") else _ADVICE.get(first)
    return foreign(located, at) or codes.SYNTAX.at(
        located.span(at, at + 1), f"the character {_character_words(first)} has no meaning here", help=advice
    )


def unexpected(located: Located, token: Token, previous: Token | None, wanted: str) -> Diagnostic:
    """The diagnostic for a token that is not allowed here; `wanted` says what could."""
    if token.kind == "bad":
        return bad_token(located, token)
    spoken = _phrase(located, token)
    if spoken is not None:
        return spoken
    # `==` and its like come as two tokens: the mistake starts with the first of them.
    start = token.start
    if previous is not None and previous.end == token.start and previous.kind in {"=", "<", ">", "!="}:
        start = previous.start
    found = foreign(located, start)
    if found is not None:
        return found
    span = located.span(token.start, token.end)
    word = token.text.lower() if token.kind == "name" else ""
    if word in _KEYWORDS:
        return codes.OPERATOR.at(span, f"`{token.text}` is written in small letters", help=f"write `{word}`")
    if word in _TRANSLATED:
        message = f"`{token.text}` is not an operator of FEEL"
        return codes.OPERATOR.at(span, message, help=f"write `{_TRANSLATED[word]}`")
    figure = other_languages.number(located.text, token.start, previous)
    if figure is not None:
        return _figure_of(located, figure)
    if token.kind == "name" and previous is not None and previous.kind == "name":
        return _two_names(located, previous, token)
    return codes.SYNTAX.at(
        span,
        f"expected {wanted}, found {token_words(token)}",
        help=_superfluous(located, token, previous, wanted) or _suggestion(located.text, token, previous),
    )


def _behind_comment(located: Located) -> str | None:
    """The whole expression, where YAML took the end of it for a comment: `name = "Partner #1"`."""
    end = located.span(len(located.text), len(located.text))
    rest = end.source.text[end.end :].partition("\n")[0].rstrip()
    if not rest.startswith(" #") or '"' not in rest or "'" in located.text + rest:
        return None
    return located.text + rest


def _phrase(located: Located, token: Token) -> Diagnostic | None:
    """The diagnostic for a phrase of another language around a token, with what FEEL writes for it."""
    found = other_languages.phrase(located.text, token.start)
    if found is None:
        return None
    word = token.text[:40]
    if word == ">" and located.text[token.start - 1 : token.start] in ("=", "-"):
        word = f"{located.text[token.start - 1]}>"
    message = f"`{word}` is not an operator of FEEL"
    instead = " ".join(found.instead.split())
    help = f"write `{instead}`" if len(instead) <= _LONGEST else None
    return codes.OPERATOR.at(located.span(found.start, found.end), message, help=help)


def _figure_of(located: Located, found: Phrase) -> Diagnostic:
    """The diagnostic for a number in another notation."""
    span, written = located.span(found.start, found.end), located.text[found.start : found.end]
    why = ": a fact knows its currency" if literal_guesses.is_amount(written) else ""
    message = f"`{written}` is not a number of FEEL"
    return codes.SYNTAX.at(span, message, help=f"write `{found.instead}`{why}")


def _superfluous(located: Located, token: Token, previous: Token | None, wanted: str) -> str | None:
    """The help for a sign that stands there once too often, or belongs to nothing."""
    if wanted.startswith("an operator or") and token.text in {")", "]", "}", ","}:
        return f"remove the `{token.text}`" + (": it closes nothing" if token.kind != "," else "")
    if previous is not None and token.kind == previous.kind == token.text:
        return f"write `{token.text}` once"
    if previous is not None and token.kind == "end" and previous.kind in {".", "and", "or", ","}:
        return f"remove the `{previous.text}`, or write what follows it"
    return None


def _suggestion(text: str, token: Token, previous: Token | None) -> str | None:
    """What a text in this place was probably meant to be."""
    before = "" if previous is None else previous.kind
    if token.kind == "..":
        return "write a range as `... in [10..15]`"
    if token.text in {"€", "£"}:
        return _ADVICE["$"]
    if before == "@" and token.kind == "number":
        word = text[token.start :].split()[0]
        return f'write `@"{word[:40]}"`'
    if before == "number" and token.kind == "name" and len(token.text) == 3 and token.text.isupper():
        return _ADVICE["$"]
    return _figure(text, token, previous) if before == "number" and previous is not None else None


def _figure(text: str, token: Token, number: Token) -> str | None:
    """What a number and what follows it were probably meant to be: a date, a period, one number."""
    if token.kind == "name":
        period = literal_guesses.period(f"{number.text} {token.text}")
        return f'write `@"{period}"`' if period else None
    found = _FIGURE.match(text, number.start)
    written = found.group().rstrip(",.") if found else ""
    day = literal_guesses.date(written)
    if day is not None:
        return f'write `date("{day}")`'
    if token.kind == ",":
        return f"write numbers without a separator, as `{literal_guesses.number(written) or '1000'}`"
    plain = literal_guesses.number(written)
    return f"write `{plain}`" if token.kind == "number" and plain else None


def _two_names(located: Located, first: Token, second: Token) -> Diagnostic:
    span = located.span(first.start, second.end)
    if first.text.lower() == "not":
        more = " ..." if located.text[second.end :].strip() else ""
        message = f"`{first.text}` takes brackets" + ("" if first.text == "not" else " and small letters")
        return codes.OPERATOR.at(span, message, help=f"write `not({second.text}{more})`")
    message = f"there is no operator between `{first.text}` and `{second.text}`"
    advice = _WORDS.get(second.text) or f"write `{first.text}_{second.text}` if this is one name"
    return codes.SYNTAX.at(span, message, help=advice)


def unclosed(located: Located, opening: Token, closing: str, token: Token) -> Diagnostic:
    """The diagnostic for a bracket that is not closed where it must be."""
    if token.kind == "bad":
        return bad_token(located, token)
    return codes.UNCLOSED.at(
        located.span(opening.start, opening.end),
        f"`{opening.text}` is not closed before {token_words(token)}",
        help=f"write `{closing}` where it ends",
    )
