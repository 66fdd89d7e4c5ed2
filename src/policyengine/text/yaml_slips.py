"""Common slips in YAML: text pasted from word processors, notation of letters.

Each rule looks at the lines around a fault and returns None where it does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Severity
from policyengine.source import Source, Span
from policyengine.text import literal_guesses
from policyengine.text.decode import printable

_ODD = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ODD_BLANK = re.compile(rf"[ ]*(?:-[ ]*)*(?:[\w-]+:)?[ ]*(?P<odd>[{_ODD}][{_ODD} ]*)")
_BULLET = re.compile(r"[ ]*(?P<sign>[\u2010-\u2015\u2022\u00b7\u2023*+])[ \t\u00a0]+[\w\"'{\[]")
_DASHES = re.compile(r"[-\u2010-\u2015]{1,5}")
_PAIR = re.compile(r"(?P<key>[A-Za-z_][\w-]*)(?P<sign>\s*=+\s*|\s+)(?P<value>\S.*)")
_KEY = re.compile(r"\s*(?:- +)*[\w-]+:\s+(?=\S)")
_LINE = 1000
_MARK = re.compile(r"^(?:<{7}|>{7})(?= |$)|^={7}$", re.MULTILINE)
_HIDDEN = re.compile(r"""[\w-]+:\s+(?P<value>[^"',{}\s][^"',{}]*"[^"]* #[^"]*"[^,{}]*?)\s*[,}]""")
_DOUBTFUL = re.compile(
    r"""(?:^|[\s{,])(?P<key>title|note|why):[ ]+(?P<text>[^\s"'>|#&*!{\[][^\n"'#,{}]*?)[ ]+"""
    r"""(?P<sign>//(?=\s)|/\*|\#(?=\d))(?P<words>[^\n,{}]*)"""
)
_NAMES = {"\u00a0": "a no-break space", "\u202f": "a narrow no-break space", "\u3000": "an ideographic space"}


def _lines(fault: Fault) -> list[Span]:
    """The lines that may cause the fault: its own, the one before, and that where the construct began."""
    text, found = fault.source.text, []
    above = text.rfind("\n", 0, len(text[: fault.line_start].rstrip())) + 1
    for start in sorted({text.rfind("\n", 0, fault.since) + 1, above, fault.line_start}):
        found.append(fault.rest(start))
    return found


def odd_blank(source: Source, start: int, end: int) -> Diagnostic:
    """The diagnostic for a blank that looks like a space but is not one."""
    sign = source.text[start]
    code = f"U+{ord(sign):04X}"
    name = f"{_NAMES[sign]} ({code})" if sign in _NAMES else f"the blank {code}"
    help_ = "write ordinary spaces, here and wherever else it was pasted"
    return SYNTAX.at(source.span(start, end), f"{name} is not a space in YAML", help=help_)


def is_odd_blank(text: str) -> bool:
    """Whether a text begins with a blank that is not a space in YAML."""
    return re.match(f"[{_ODD}]", text) is not None


def _odd_blank(fault: Fault) -> Diagnostic | None:
    for line in _lines(fault):
        found = _ODD_BLANK.match(line.text)
        if found is not None:
            return odd_blank(fault.source, line.start + found.start("odd"), line.start + found.end("odd"))
    return None


def _bullet(fault: Fault) -> Diagnostic | None:
    line = fault.rest(fault.line_start)
    found = _BULLET.match(line.text)
    if found is None:
        return None
    sign = found["sign"]
    at = line.start + found.start("sign")
    message = f"an item of a list begins with `-`, not with `{sign}`"
    return SYNTAX.at(fault.source.span(at, at + 1), message, help="write `- `")


def _line_of_its_own(fault: Fault) -> Diagnostic | None:
    """Explains a comment in the syntax of other languages, and a malformed document marker."""
    for line in _lines(fault):
        text = line.text.strip()
        span = Span(line.source, line.end - len(line.text.lstrip()), line.end)
        if text.startswith(("//", "/*", "<!--")):
            words = re.sub(r"^(//|/\*|<!--)\s*|\s*(\*/|-->)$", "", text)
            return SYNTAX.at(span, "a comment begins with `#`", help=f"write `# {printable(words)}`")
        if _DASHES.fullmatch(text) and text not in ("-", "---"):
            return SYNTAX.at(span, "another document begins with three hyphens", help="write `---`")
    return None


def with_colon(text: str) -> str:
    """The help for a line that is neither a key with a colon nor an item."""
    found = _PAIR.fullmatch(text)
    if found is None or len(text) > LONGEST:
        return "write a colon and a value after it, or indent it below its key"
    pair = f"write `{found['key']}: {found['value']}`"
    return pair if "=" in found["sign"] else f"{pair}, or indent it below its key"


def whole_value(fault: Fault) -> str:
    """The help to quote the value, where text follows a closing bracket."""
    line = fault.rest(fault.line_start)
    found = _KEY.match(line.text)
    value = line.text[found.end() :] if found else ""
    return f"remove it, or {quoted(value)} if it is one text" if value[:1] in ("[", "{") else "remove it"


def decimal_comma(source: Source, number: Span, rest: Span) -> tuple[str, Diagnostic] | None:
    """A number with a comma inside braces, which YAML splits: the number, and its diagnostic."""
    span = Span(source, number.start, rest.end)
    if span.end - span.start > LONGEST:
        return None
    written = re.search(r"[\d.]+,[\d.]*\d(?:\s?%)?$", span.text)
    plain = literal_guesses.number(written.group()) if written is not None else None
    if written is None or plain is None or number.end + 1 != rest.start:
        return None
    whole = literal_guesses.number(span.text) if literal_guesses.is_amount(span.text) else None
    if whole is not None:
        message = f"`{span.text}` is two things to YAML: a comma separates them"
        return whole, SYNTAX.at(span, message, help=f"write `{whole}`")
    plain, span = span.text[: written.start()] + plain, Span(source, span.start + written.start(), span.end)
    message = f"`{span.text}` is two things to YAML: a comma separates them"
    return plain, SYNTAX.at(span, message, help=f"write `{plain[written.start() :]}`")


def _conflict(fault: Fault) -> Diagnostic | None:
    """Explains the marks that a version control system leaves where two changes clash."""
    found = _MARK.search(fault.source.text)
    if found is None or found.start() > fault.rest(fault.line_start).end:
        return None
    help_ = "keep one of the two sides, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"
    message = "two versions of this text clash here, and nobody has chosen one"
    return SYNTAX.at(fault.rest(found.start()), message, help=help_)


def doubtful_comments(source: Source) -> Iterator[Diagnostic]:
    """Warns of a comment of other languages that is part of a title, and of a title that `#1` cuts off."""
    for found in _DOUBTFUL.finditer(source.text):
        text, sign, words = found["text"].rstrip(), found["sign"], found["words"].rstrip()
        span = source.span(found.start("text"), found.start("words") + len(words))
        whole = f"{text} {sign}{words}"
        if len(whole) > LONGEST or '"' in whole or "\\" in whole:
            continue
        if sign == "#":
            message = f"`{sign}{words}` is a comment, and no part of `{found['key']}`"
            help_ = f'write `"{whole}"` if it is, or `# {words}` for a comment'
        else:
            message = f"`{sign}{words}` is part of `{found['key']}`, and not a comment"
            help_ = f'write `"{whole}"` if it is text, or `{text}`: a comment begins with `#`'
        yield DOUBTFUL_COMMENT.at(span, message, help=help_)


def hidden_by_comment(fault: Fault, bracket: int) -> Diagnostic | None:
    """Explains a `#` within a text in quotes that YAML takes for a comment: `{when: name = "Partner #1"}`."""
    text = fault.source.text
    end = text.find("\n", bracket)
    line = text[bracket : len(text) if end < 0 else end]
    found = _HIDDEN.search(line) if len(line) <= _LINE else None
    if found is None:
        return None
    at = bracket + found.start("value")
    message = "` #` begins a comment, also within the quotes of an expression"
    help_ = f"write `'{found['value']}'`"
    return SYNTAX.at(fault.source.span(at, at + len(found["value"])), message, help=help_)


RULES: tuple[Callable[[Fault], Diagnostic | None], ...] = (_conflict, _odd_blank, _bullet, _line_of_its_own)


# A syntax error of YAML, and the text around it.

SYNTAX = Code(
    id="YAML001",
    title="not YAML",
    why="The text cannot be read any further; the text after this place is not checked.",
    bad="title: Silver: the first level\n",
    good='title: "Silver: the first level"\n',
    example="yaml",
)

_OBLIGATION = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - id: a
    title: A
    met_when: attends_quarterly_reviews
"""
DOUBTFUL_COMMENT = Code(
    id="YAML011",
    title="text that may be a comment, or a comment that may be text",
    why="A comment begins with a blank and `#`, so `Partner #1` is `Partner`, and `//` is text like others. "
    "Quotes around the whole say that it is text.",
    bad=_OBLIGATION.replace("title: A", "title: A // the first"),
    good=_OBLIGATION.replace("title: A", "title: A  # the first"),
    severity=Severity.WARNING,
)

LONGEST = 80
"""What is longer is not repeated in an advice."""

_FLOW_END = re.compile(r"\s*[,\]}]")


@dataclass(frozen=True, slots=True)
class Fault:
    """The place and the cause of a syntax error.

    `problem` is the message of the parser, `at` its offset, `since` the offset where the construct began.
    `last` is the last scalar before, `bracket` the offset of the innermost open bracket.
    """

    source: Source
    problem: str
    at: int
    since: int
    last: Span | None
    bracket: int | None

    @classmethod
    def of(
        cls, error: Exception, source: Source, base: int, *, last: Span | None, bracket: int | None
    ) -> Fault:
        """The fault for an error of the parser, whose offsets count from `base`."""
        problem, at, since = str(error), 0, None
        if isinstance(error, yaml.MarkedYAMLError):
            problem = f"{error.context or ''}: {error.problem or ''}"
            at = error.problem_mark.index if error.problem_mark else 0
            since = error.context_mark.index if error.context_mark else None
        at = min(base + at, len(source.text))
        return cls(source, problem, at, at if since is None else min(base + since, at), last, bracket)

    @property
    def char(self) -> str:
        """The character at the error, "" at the end."""
        return self.source.text[self.at : self.at + 1]

    @property
    def line_start(self) -> int:
        """The start of the line of the error."""
        return self.source.text.rfind("\n", 0, self.at) + 1

    @property
    def before(self) -> str:
        """The text before the error on its line."""
        return self.source.text[self.line_start : self.at]

    def rest(self, start: int) -> Span:
        """The span from an offset to the end of its line, without comment and blanks."""
        text = self.source.text
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end].split(" #")[0].rstrip()
        return self.source.span(start, start + len(line))

    def value(self, start: int) -> Span:
        """The span of the value at an offset: to the end of the line, or to the next bracket."""
        span = self.rest(start)
        before = self.source.text[self.source.text.rfind("\n", 0, start) + 1 : start]
        opened = sum(map(before.count, "[{")) > sum(map(before.count, "]}"))
        if self.bracket is None and not opened:
            return span
        end = _FLOW_END.search(self.source.text, start + 1, span.end)
        return self.source.span(start, end.start()) if end else span

    def char_span(self, at: int) -> Span:
        """The span of one character; empty at the end of the text."""
        return self.source.span(at, min(at + 1, len(self.source.text)))


def quoted(value: str) -> str:
    """The help to put a value in quotes."""
    if len(value) > LONGEST:
        return "put the whole value in quotes"
    if value.startswith("'") and value.endswith("'") and len(value) > 1 and '"' not in value:
        value = value[1:-1]
    quoted = f'"{value}"' if not {'"', "\\"} & set(value) else "'" + value.replace("'", "''") + "'"
    return f"write `{quoted}`"
