"""Titles and notes in several languages: `title: {en: Levels, de: Stufen}` stands where a title may stand.

A program is read in one language. At the places where titles and notes stand, a mapping of languages becomes
the text of that one, or the first text where it has none. Everything after the reading knows one language.
"""

from __future__ import annotations

import re
from dataclasses import replace

from policyengine.diagnostics import Code, Report, did_you_mean
from policyengine.program.example import small_program
from policyengine.text.document import Document, Entry, Mapping, Node, Scalar, Sequence

TITLES = ("title", "note", "why", "audience", "says", "no_rule", "open")
"""The keys whose texts may be in several languages."""
TITLED = ("parties", "values")
"""The keys of mappings from ids to titles, each of which may be in several languages."""
_CODES = (
    "aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de "
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia "
    "id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo "
    "lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl "
    "ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk "
    "tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1."""
_MAY_HAVE = re.compile(rf":\s*(?:\{{\s*|\n\s*)[\"']?(?:{'|'.join(sorted(LANGUAGES))})[\"']?\s*:")
_PROGRAM = small_program("staff: {type: count, title: {en: staff, de: Personal}, informative: true}")
NO_LANGUAGE = Code(
    id="LANGUAGE001",
    title="a text in a language that does not exist, or that is not a text",
    why="A title in several languages is a mapping from languages, by their codes of two letters (ISO "
    "639-1), to texts. What stands under another key is never shown.",
    bad=_PROGRAM.replace("de: Personal", "ger: Personal"),
    good=_PROGRAM,
)
CODES = (NO_LANGUAGE,)


def in_language(document: Document, language: str | None, report: Report) -> Document:
    """Returns the document with the titles of one language; of None, the first of each."""
    if _MAY_HAVE.search(document.source.text) is None:
        return document
    root = _read(document.root, "", "", language, report)
    return document if root is document.root else replace(document, root=root, written=document.root)


def _read(node: Node, key: str, above: str, language: str | None, report: Report) -> Node:
    if isinstance(node, Sequence):
        items = tuple(_read(each, "", key, language, report) for each in node.items)
        alike = all(one is other for one, other in zip(items, node.items, strict=True))
        return node if alike else Sequence(items, node.span)
    if not isinstance(node, Mapping):
        return node
    if (key in TITLES or above in TITLED) and _has_languages(node):
        return _chosen(node, language, report)
    entries = {
        name: Entry(each.key, _read(each.value, name, key, language, report))
        for name, each in node.entries.items()
    }
    alike = all(entries[name].value is each.value for name, each in node.entries.items())
    return node if alike else Mapping(entries, node.span)


def _has_languages(node: Mapping) -> bool:
    """Whether a mapping is one of languages: that its first key is one, and leads to a text."""
    first = next(iter(node.entries.items()), None)
    return first is not None and first[0] in LANGUAGES and isinstance(first[1].value, Scalar)


def _chosen(node: Mapping, language: str | None, report: Report) -> Node:
    for name, each in node.entries.items():
        if name not in LANGUAGES:
            help = did_you_mean(name, LANGUAGES) or "write its code of two letters, such as `de`"
            report.add(NO_LANGUAGE.at(each.key.span, f"`{name}` is not a language", help=help))
        elif not isinstance(each.value, Scalar) or each.value.is_null or not each.value.text.strip():
            report.add(NO_LANGUAGE.at(each.key.span, f"there is no text for `{name}`"))
    wanted = node.entries.get(language or "") or next(iter(node.entries.values()))
    return wanted.value
