"""Explains YAML syntax errors: turns the message of the parser into what the author did.

The parser knows the place of the error and the open construct. Each rule below recognises one common mistake
around that place and returns None otherwise; the most specific rules come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policyengine.diagnostics import Diagnostic, Label
from policyengine.source import Span
from policyengine.text import yaml_slips
from policyengine.text.decode import printable
from policyengine.text.yaml_slips import LONGEST, SYNTAX, Fault, quoted

_CLOSERS = {"[": "]", "{": "}"}
_NO_SPACE = re.compile(r"[ \t]*(?:- +)*(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s/][^\n]*)")
_BLOCK_HEADER = re.compile(r"[|>](?:[1-9][-+]?|[-+][1-9]?)?[ \t]*(?:[ \t]#.*)?$")
_ENDS = r"[^\s,()\[\]]*\.\.[^\s,()\[\]]*"
_HALF_OPEN = re.compile(rf"(?<![\"'\w])(?:\({_ENDS}\]|\[{_ENDS}\))")
_ESCAPE = re.compile(r"\\(?:[xuU][0-9a-fA-F]*|.)?")


def explain(fault: Fault) -> Diagnostic:
    """The diagnostic for a syntax error."""
    for rule in _RULES:
        found = rule(fault)
        if found is not None:
            return found
    message = "this cannot be read here" if fault.char else "the text ends in the middle of something"
    return SYNTAX.at(fault.rest(fault.at), message, help="put the value in quotes if it is meant as a text")


def no_space(span: Span, key: str, value: str) -> Diagnostic:
    """The diagnostic for `key:value`, which YAML reads as one text."""
    help_ = f"write `{key}: {value}`" if len(value) <= LONGEST else f"write `{key}: ` and then the value"
    return SYNTAX.at(span, f"there has to be a space after the colon of `{printable(key)}`", help=help_)


def _tab(fault: Fault) -> Diagnostic | None:
    line = fault.rest(fault.line_start)
    continued = fault.last.text if fault.last is not None else ""
    if fault.last is not None and (found := re.search(r"\n[ ]*\t", continued)) is not None:
        line = fault.rest(fault.last.start + found.start() + 1)  # a value that goes on in a line with a tab
    indent = len(line.text) - len(line.text.lstrip(" \t"))
    if "\t" not in line.text[:indent] or (fault.at > line.start + indent and "\n" not in continued):
        return None
    span = fault.source.span(line.start, line.start + indent)
    columns = _open_columns(fault, line.text.lstrip().startswith("- ")) or {0}
    help_ = f"indent it by {max(columns)} spaces to stand below the line above" if max(columns) else None
    return SYNTAX.at(span, "this line is indented with a tab", help=help_ or "indent it with spaces")


def _open_quote(fault: Fault) -> Diagnostic | None:
    quote = fault.source.text[fault.since : fault.since + 1]
    if quote not in ("'", '"') or "unexpected" not in fault.problem:
        return None
    message = f"the {_quote_name(quote)} that opens here is never closed"
    return SYNTAX.at(fault.rest(fault.since), message, help=f"write `{quote}` where the text ends")


def _quote_name(quote: str) -> str:
    return "double quote" if quote == '"' else "single quote"


def _escape(fault: Fault) -> Diagnostic | None:
    if "escape" not in fault.problem and "hexdecimal" not in fault.problem:
        return None
    at = fault.source.text.rfind("\\", fault.since, fault.at + 1)
    if at < 0:
        return None
    found = _ESCAPE.match(fault.source.text, at)
    span = fault.source.span(at, found.end() if found else at + 1)
    if span.text[1:2] in ("x", "u", "U"):
        message = f"`{printable(span.text, 12)}` is not the number of a character"
        return SYNTAX.at(span, message, help="write the character itself")
    help_ = "write `\\\\` for a backslash, or put the text in single quotes"
    return SYNTAX.at(span, f"`{span.text}` means nothing inside double quotes", help=help_)


def _first_character(fault: Fault) -> Diagnostic | None:
    """Explains a value that starts with a reserved character."""
    char = fault.source.text[fault.since : fault.since + 1]
    reserved = "cannot start any token" in fault.problem and not char.isspace()
    named = char in ("*", "&") and ("alias" in fault.problem or "anchor" in fault.problem)
    tagged = char == "!" and "tag" in fault.problem
    block = char in ("|", ">") and not _BLOCK_HEADER.match(fault.rest(fault.since).text)
    if not char or not (reserved or named or tagged or block):
        return None
    value = fault.value(fault.since)
    name = "a backtick" if char == "`" else f"`{char}`"
    message = f"a value that starts with {name} has to be in quotes"
    help_ = quoted(value.text)
    if value.text == "*" and fault.before.count("[") > fault.before.count("]"):
        help_ = f"write `-` for any value of an input, {help_.removeprefix('write ')} for the text"
    return SYNTAX.at(value, message, help=help_)


def _block_text(fault: Fault) -> Diagnostic | None:
    if "block scalar" not in fault.problem:
        return None
    message = "the indentation of this block of text is not even"
    label = Label(fault.char_span(fault.since), "the block starts here")
    help_ = "indent all its lines by the same number of spaces"
    return SYNTAX.at(fault.rest(fault.line_start), message, help=help_, labels=[label])


def _no_space(fault: Fault) -> Diagnostic | None:
    """Explains `key:value`, which YAML reads as a text."""
    if "mapping values" not in fault.problem and "simple key" not in fault.problem:
        return None
    start = fault.since if fault.last is None or "simple key" in fault.problem else fault.last.start
    line = fault.rest(fault.source.text.rfind("\n", 0, start) + 1)
    found = _NO_SPACE.fullmatch(line.text)
    if found is None:
        return None
    key, value = found["key"], found["value"]
    span = fault.source.span(line.start + found.start("key"), line.start + found.end("key") + 1)
    return no_space(span, key, value)


def _colon_in_value(fault: Fault) -> Diagnostic | None:
    """Explains `key: value: x`, and a key indented below a finished value."""
    last = fault.last
    if last is None or fault.char != ":" or fault.source.text[last.end : fault.at].strip():
        return None
    if "mapping values" not in fault.problem and last.start < fault.line_start:
        return None
    if last.start < fault.line_start:
        return _below_value(fault, last)
    if not fault.source.text[fault.line_start : last.start].strip(" -"):
        return None
    value = fault.value(last.start)
    head, _, key = last.text.rpartition(" ")
    if fault.bracket is not None and head:
        message = f"a comma is missing before `{printable(key)}:`"
        if head.rstrip().endswith(";"):
            return SYNTAX.at(
                last, message, help=f"write `{printable(head.rstrip()[:-1])}, {printable(key)}:`"
            )
        return SYNTAX.at(value, message, help=f"{quoted(value.text)} if it is one text")
    message = "a value that contains a colon and a space has to be in quotes"
    return SYNTAX.at(value, message, help=quoted(value.text))


def _below_value(fault: Fault, last: Span) -> Diagnostic:
    line_start = fault.source.text.rfind("\n", 0, last.start) + 1
    before = fault.source.text[line_start : last.start]
    if not before.strip(" -"):
        name = fault.rest(last.start)
        message = f"`{printable(name.text)}` is neither a key with a colon nor an item of a list"
        return SYNTAX.at(name, message, help="write a colon and a value after it, or remove it")
    column = len(before) - len(before.lstrip(" -"))
    key = printable(fault.before.strip())
    span = fault.source.span(fault.at - len(fault.before.lstrip()), fault.at)
    message = f"`{key}` is indented below a line that has its value already"
    label = Label(fault.rest(last.start), "the value")
    return SYNTAX.at(span, message, help=_indent_by([column]), labels=[label])


def _indent_by(columns: list[int]) -> str:
    words = ["by 1 space" if column == 1 else f"by {column} spaces" for column in columns if column]
    if not words:
        return "do not indent it"
    return "indent it " + " or ".join([*words, "not at all"] if 0 in columns else words)


def _list_on_line(fault: Fault) -> Diagnostic | None:
    if "sequence entries are not allowed" not in fault.problem:
        return None
    span = fault.rest(fault.at)
    message = "a list that is written with `-` cannot start on this line"
    item = span.text.removeprefix("-").strip()
    help_ = f"start it on the next line, or write `[{item}]`" if len(item) <= LONGEST else None
    return SYNTAX.at(span, message, help=help_)


def _no_colon(fault: Fault) -> Diagnostic | None:
    if "simple key" not in fault.problem:
        return None
    span = fault.rest(fault.since)
    message = f"`{printable(span.text)}` is neither a key with a colon nor an item of a list"
    return SYNTAX.at(span, message, help=yaml_slips.with_colon(span.text))


def _brackets(fault: Fault) -> Diagnostic | None:
    if fault.bracket is None or "flow" not in fault.problem:
        return None
    opener = fault.source.text[fault.bracket]
    closer = _CLOSERS[opener]
    opening = fault.char_span(fault.bracket)
    hidden = yaml_slips.hidden_by_comment(fault, fault.bracket)
    if hidden is not None:
        return hidden
    if not fault.char or (fault.char == ":" and fault.bracket < fault.line_start) or fault.char == "-":
        return SYNTAX.at(
            opening, f"the `{opener}` here is never closed", help=f"write the missing `{closer}`"
        )
    labels = [Label(opening, "opened here")]
    if fault.char in _CLOSERS.values() and fault.char != closer:
        message = f"`{fault.char}` cannot close `{opener}`"
        return SYNTAX.at(fault.char_span(fault.at), message, help=f"write `{closer}`", labels=labels)
    if "node content" in fault.problem or "flow node" in fault.problem:
        message = f"there is no value before this `{fault.char}`"
        return SYNTAX.at(
            fault.char_span(fault.at), message, help="write the value or remove the comma or colon"
        )
    message = f"there has to be a `,` or a `{closer}` before this"
    help_ = "separate two items with `, `; put a text that contains brackets, commas or colons in quotes"
    if fault.source.text[fault.at - 1 : fault.at] == '"':
        help_ = 'a text in double quotes ends at the next `"`; put this one in single quotes'
    return SYNTAX.at(fault.rest(fault.at), message, help=help_, labels=labels)


def _behind_closing(fault: Fault) -> Diagnostic | None:
    """Explains text after a closing quote or bracket."""
    before = fault.before.rstrip()
    if "block" not in fault.problem or before[-1:] not in ("'", '"', "]", "}"):
        return None
    line = fault.rest(fault.line_start).text
    half_open = _HALF_OPEN.search(line) if len(line) <= 1000 else None
    if half_open is not None:
        start = fault.line_start + half_open.start()
        message = "a range with a round and a square bracket has to be in quotes"
        span = fault.source.span(start, start + len(half_open.group()))
        return SYNTAX.at(span, message, help=quoted(span.text))
    closer, last = before[-1], fault.last
    if closer in ("]", "}") or last is None or last.end != fault.line_start + len(before):
        message = f"nothing may follow the closing `{closer}`"
        return SYNTAX.at(fault.rest(fault.at), message, help=yaml_slips.whole_value(fault))
    name = _quote_name(closer)
    if last.start < fault.line_start:
        message = f"this {name} closes a text that was opened on line {last.line}"
        help_ = f"close it on line {last.line}"
        label = Label(fault.char_span(last.start), "opened here")
        return SYNTAX.at(fault.char_span(last.end - 1), message, help=help_, labels=[label])
    value = fault.rest(last.start)
    message = f"nothing may follow the {name} that closes a text"
    return SYNTAX.at(fault.rest(fault.at), message, help=quoted(value.text))


def _stray(fault: Fault) -> Diagnostic | None:
    if not fault.char or fault.char not in "]},":
        return None
    if fault.char == ",":
        if "node content" not in fault.problem:
            return None
        message = "a value that starts with a comma has to be in quotes"
        return SYNTAX.at(fault.rest(fault.at), message, help=quoted(fault.rest(fault.at).text))
    message = f"this `{fault.char}` closes nothing"
    return SYNTAX.at(fault.char_span(fault.at), message, help="remove it, or write the bracket that opens")


def _indentation(fault: Fault) -> Diagnostic | None:
    """Explains a line whose indentation fits no line above."""
    if "block" not in fault.problem or fault.before.strip():
        return None
    column, block = len(fault.before), fault.source.position(fault.since)[1] - 1
    is_item = re.match(r"-\s", fault.source.text[fault.at : fault.at + 2]) is not None
    span = fault.rest(fault.at)
    if fault.char == ":":
        message = "there is no key before this colon"
        return SYNTAX.at(fault.char_span(fault.at), message, help="write the key")
    if column == block and is_item:
        help_ = "indent it below the key that it belongs to"
        return SYNTAX.at(span, "expected the next key, found an item of a list", help=help_)
    if column == block and "collection" in fault.problem:
        inside = min((each for each in _open_columns(fault, False) if each > column), default=None)
        help_ = "write `- ` before it, or indent it like the keys of the item above"
        if inside is not None:
            help_ = f"indent it by {inside} spaces, like the keys of the item above, or write `- ` before it"
        return SYNTAX.at(span, "expected the next item of the list, found a key", help=help_)
    columns = sorted(_open_columns(fault, is_item) - {column}, key=lambda each: (abs(each - column), each))
    near = [each for each in columns if abs(each - column) == 1] or columns[:3]
    message = "the indentation of this line fits none of the lines above"
    return SYNTAX.at(span, message, help=_indent_by(sorted(near[:1] if len(near) == 1 else near)))


def _open_columns(fault: Fault, is_item: bool) -> set[int]:
    """The columns at which the mappings begin that are open before a line; of lists, if it is an item."""
    found: set[int] = set()
    above = fault.source.text[: fault.line_start].rstrip().rpartition("\n")[2]
    if ":" not in above and not is_item:
        found.add(len(above) - len(above.lstrip(" ")))
    least = 10**6
    for line in reversed(fault.source.text[: fault.line_start].split("\n")):
        item = re.match(r"[ ]*(?=- )", line)
        key = re.match(r"[ ]*(?:- +)*(?=[^\s#])", line)
        if key is None or line.startswith("---"):
            continue
        if item is not None and item.end() < least and is_item:
            found.add(item.end())
        if key.end() < least and not is_item and ":" in line:
            found.add(key.end())
        least = min(least, key.end() if item is None else item.end())
    return found


def _directive(fault: Fault) -> Diagnostic | None:
    if "document start" in fault.problem:
        message = "this comes after the end of the document"
        return SYNTAX.at(fault.rest(fault.at), message, help="write `---` on a line before it, or remove it")
    line = fault.rest(fault.source.text.rfind("\n", 0, fault.since) + 1)
    if not line.text.startswith("%"):
        return None
    return SYNTAX.at(line, "a line that starts with `%` has no meaning here", help="remove it")


_RULES: tuple[Callable[[Fault], Diagnostic | None], ...] = (
    _tab,
    *yaml_slips.RULES,
    _open_quote,
    _escape,
    _directive,
    _first_character,
    _block_text,
    _no_space,
    _colon_in_value,
    _list_on_line,
    _no_colon,
    _brackets,
    _stray,
    _behind_closing,
    _indentation,
)
