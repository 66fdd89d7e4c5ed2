"""Checks a page that the template of a vendor made: it runs nothing, and loads nothing from elsewhere.

Browsers read unusual HTML in many ways. So what passes is a small language that all of them read alike:
known elements and attributes, no comments, no raw text but one style sheet and one title in the head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

POLICY = (
    '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
)
"""What stands first in the head of a page: browsers then load nothing but images that the page holds."""

_SPACE = r"[ \t\n\f\r]"
_ATTRIBUTE = (
    rf"""{_SPACE}+([a-zA-Z][a-zA-Z0-9:_-]*)(?:{_SPACE}*={_SPACE}*("[^"<]*"|'[^'<]*'|[^\s"'`=<>]+))?"""
)
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:{_ATTRIBUTE})*){_SPACE}*/?>")
_EACH = re.compile(_ATTRIBUTE)
_START = re.compile(
    rf"\ufeff?{_SPACE}*(?:<!doctype html>)?{_SPACE}*"
    rf"(?:<html(?:{_ATTRIBUTE})*{_SPACE}*>)?{_SPACE}*(?:<head>)?",
    re.IGNORECASE,
)
_DOCTYPE = re.compile(rf"\ufeff?{_SPACE}*<!doctype html>", re.IGNORECASE)
_CHARSET = re.compile(r"""<meta charset=["']?utf-8["']? ?/?>""", re.IGNORECASE)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _names(
    "html head body meta title style main header footer nav section article aside address div p span br "
    "hr wbr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd figure figcaption blockquote q cite pre code kbd samp var "
    "a abbr b i u s em strong small mark sub sup bdi bdo del ins dfn data time img table caption colgroup "
    "col thead tbody tfoot tr th td details summary center font svg g defs desc path rect circle ellipse "
    "line polyline polygon text tspan lineargradient radialgradient stop clippath"
)
_ATTRIBUTES = _names(
    "id class lang xml:lang dir style role tabindex hidden translate title alt href src target rel width "
    "height colspan rowspan span scope headers abbr align valign border cellpadding cellspacing bgcolor "
    "color face size start reversed type value datetime open name content charset xmlns viewbox "
    "preserveaspectratio x y x1 y1 x2 y2 cx cy r rx ry d dx dy fx fy points transform fill fill-opacity "
    "fill-rule stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset "
    "stroke-opacity opacity offset stop-color stop-opacity gradientunits gradienttransform clip-path "
    "clippathunits font-family font-size font-weight font-style text-anchor dominant-baseline "
    "letter-spacing"
)
_TEXTS = _names("id class title alt name content abbr value datetime headers role")
"""Attributes that are never read as an address or as a style."""
_META = _names(
    "viewport description author keywords color-scheme robots referrer format-detection "
    "x-apple-disable-message-reformatting"
)
_LINK = re.compile(r"(?i)(?:https?:|mailto:|tel:)|#|(?![/\\])[^:\\]*$")
_IMAGE = re.compile(r"(?i)data:image/[a-z0-9.+-]+[;,]")
_FUNCTION = re.compile(r"([a-zA-Z_-][\w-]*)?\(")
_HELD = re.compile(
    r"""(?i)\burl\(\s*(?:#[\w.-]+|(["']?)(?:data:image/[a-z0-9.+-]+[;,][^"'()<>\s]*|#[\w.-]+)\1)\s*\)"""
)
_FUNCTIONS = _names(
    "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark calc min max clamp var attr "
    "counter counters linear-gradient radial-gradient conic-gradient repeating-linear-gradient translate "
    "translatex translatey scale scalex scaley rotate skew skewx skewy matrix repeat minmax fit-content "
    "not is where has lang dir nth-child nth-last-child nth-of-type nth-last-of-type cubic-bezier steps "
    "rect inset circle and or only"
)
_RULES = frozenset(("@media", "@page", "@supports", "@layer", "@container", "@keyframes"))
_CONTROLS = re.compile(r"[\x00-\x20\x7f]")


class Refused(NamedTuple):
    """What a page must not have: the words of the page, and what to write instead."""

    text: str
    help: str


_ALONE = "a page has plain elements and no comments of HTML, and `&lt;` where a text has `<`"
_HOLDS = "a paper holds all that it shows; an image stands in it as `data:image/png;base64,...`"


def guarded(page: str) -> str:
    """The page with our policy first in its head."""
    start = _START.match(page)
    at = start.end() if start else 0
    return page[:at] + POLICY + _CHARSET.sub("", page[at:], count=1)


def refused(page: str) -> Refused | None:
    """The first thing that the page must not have, if there is one."""
    return next(_refusals(page), None)


def _refusals(page: str) -> Iterator[Refused]:
    start, first = _START.match(page), _DOCTYPE.match(page)
    at, begun, raw, in_head = first.end() if first else 0, start.end() if start else 0, "", True
    while (opened := page.find("<", at)) >= 0:
        text = page[at:opened]
        in_head = in_head and (bool(raw) or not text.strip())
        tag = _TAG.match(page, opened)
        if tag is None:
            yield Refused(_shown(page[opened:]), _ALONE)
            return
        closes, name = bool(tag[1]), tag[2].lower()
        if raw:
            if not closes or name != raw:
                yield Refused(_shown(page[opened:]), f"a `<{raw}>` holds text alone")
            elif raw == "style":
                yield from _style(text)
            raw = ""
        elif not closes:
            in_head = in_head and name in ("html", "head", "meta", "title", "style")
            yield from _element(name, tag, in_head, opened < begun)
            raw = name if name in ("title", "style") else ""
        at = tag.end()
    if raw:
        yield Refused(f"<{raw}>", "it is not closed")


def _element(name: str, tag: re.Match[str], in_head: bool, at_start: bool) -> Iterator[Refused]:
    """What is wrong with a tag that opens an element."""
    if name not in _ELEMENTS:
        yield Refused(f"<{name}>", "a paper has no such element")
    if name in ("meta", "title", "style") and not in_head:
        yield Refused(f"<{name}>", "it stands in the head of a page, before all else")
    if name in ("html", "head") and not at_start:
        yield Refused(_shown(tag[0]), "it stands once, where the page begins")
    seen = set()
    for found in _EACH.finditer(tag[3]):
        attribute, value = found[1].lower(), _value(found[2] or "")
        if attribute in seen:
            yield Refused(_shown(tag[0]), f"`{attribute}` is given twice")
        seen.add(attribute)
        yield from _attribute(name, attribute, value)


def _value(given: str) -> str:
    return unescape(given[1:-1] if given[:1] in ('"', "'") else given)


def _attribute(element: str, name: str, value: str) -> Iterator[Refused]:
    if name.startswith(("aria-", "data-")):
        return
    if name not in _ATTRIBUTES:
        yield Refused(f"{name}={_shown(value)}", "a paper has no such attribute")
    elif name == "href":
        if element != "a" or not _LINK.match(_CONTROLS.sub("", value)):
            yield Refused(_shown(value), "a link leads to `https:`, `mailto:`, or a place of the page")
    elif name == "src":
        if element != "img" or not _IMAGE.match(_CONTROLS.sub("", value)):
            yield Refused(_shown(value), _HOLDS)
    elif element == "meta":
        if (name == "charset" and value.lower() != "utf-8") or (
            name == "name" and value.lower() not in _META
        ):
            yield Refused(f"{name}={_shown(value)}", "the page says this itself")
    elif name not in _TEXTS:
        yield from _style(value)


def _style(text: str) -> Iterator[Refused]:
    """What a style sheet, or an attribute that is read as a style, must not have."""
    if "\\" in text:
        yield Refused(_shown(text), "a style has letters as they are, no `\\`")
    rest = _HELD.sub(" ", text)
    for found in _FUNCTION.finditer(rest):
        if found[1] and found[1].lower() not in _FUNCTIONS:
            yield Refused(_shown(rest[found.start() :]), _HOLDS)
    for rule in re.findall(r"@[\w-]*", rest):
        if rule.lower() not in _RULES:
            yield Refused(_shown(rest[rest.index(rule) :]), _HOLDS)


def _shown(text: str) -> str:
    return " ".join(text[:80].split())


def line_in(template: str, words: Sequence[str]) -> int | None:
    """The line of the template that has these words, where one can be told."""
    for each in words:
        if each and each in template:
            return template.count("\n", 0, template.index(each)) + 1
    return None
