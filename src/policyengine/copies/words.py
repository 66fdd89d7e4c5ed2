"""The words of a text without markup, white space and typographic marks, and fingerprints of them.

A fingerprint is `words-hash-sketch`. The hash is the same for the same words only. The sketch is a SimHash of
the words and of the pairs of neighbours: of two texts that share most of them it has most bits in common.
Neither holds a word; who guesses a text can try whether it is the one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise

from policyengine.dataclass import dataclass

BITS = 64
_LANE = 16
"""So many bits hold the count of one bit of a sketch; it takes texts of up to 30,000 words."""
MOST_WORDS = 30_000

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u2032`"), "'")
_TICKS = {**dict.fromkeys(map(ord, "\u2713\u2714\u2611\u2705"), "\u2713"),
          **dict.fromkeys(map(ord, "\u2717\u2718\u2612\u274c\u274e"), "\u2717")}  # fmt: skip
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u2122\u00ae\u00a9\ufe0e\ufe0f"))
_FOOTNOTE = re.compile("(?<=[^\\W\\d_])[\u00b9\u00b2\u00b3\u2070-\u2079]+")
_TOKEN = re.compile(
    r"""
    (?P<mark>[\u2713\u2717](?:@\d+)?|(?<!\S)@\d+(?=\s))
  | (?P<range>(?<=\d)\s*-\s*(?=\d))
  | (?P<sign>(?<![\w)-])[-](?=\d))
  | (?P<number>(?<![\w.])\.\d+|\d+(?:[.,:/]\d+)*)
  | (?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)
  | (?P<and>&)
  | (?P<symbol>[%\u20ac$\u00a3\u00a5+<>=\u2264\u2265\u00d7\u00f7\u00a7]|(?<=\s)[*/](?=\s)|(?<=[-+*/=]\s)\()
    """,
    re.VERBOSE,
)
_MARKER = re.compile(
    r"\s*(?:(?:[\u2022\u00b7\u25aa\u25e6\u2023\u25cf\u25cb\u25a0*-]|\#{1,6})\s+"
    r"|\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[A-Za-z]|[ivxIVX]{1,5})[.)](?:\s+|(?=[A-Z]))"
    r"|\d{1,3}(?:\.\d{1,3}){1,4}\s+(?=[A-Z]))+"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word in its normal form, and where it stands in the text."""

    text: str
    start: int
    end: int


def normal(text: str) -> str:
    """A text on one line with plain quotes and dashes, and without what nobody sees."""
    plain = _FOOTNOTE.sub("", text.translate(_DROPPED))
    plain = unicodedata.normalize("NFKC", plain).translate({**_DASHES, **_QUOTES, **_TICKS})
    return " ".join(plain.split())


def without_marker(text: str) -> int:
    """The offset behind the bullet, number or letter that a text begins with; 0 if there is none."""
    found = _MARKER.match(text)
    return found.end() if found is not None and found.end() < len(text) else 0


def words_of(text: str, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """The words of a normal text, or of a stretch of it."""
    for found in _TOKEN.finditer(text, start, len(text) if end is None else end):
        kind = found.lastgroup
        if kind == "word":
            said = found.group().casefold().replace("-", "")
        elif kind == "range":
            said = "-"
        elif kind == "and":
            said = "and"
        else:
            said = found.group()
        yield Word(said, found.start(), found.end())


class Run:
    """Words one after the other, hashed from any of them to any other."""

    def __init__(self, words: Sequence[str]) -> None:
        self.size = len(words)
        encoded = [each.encode() for each in words]
        self._bytes = b" ".join(encoded)
        self._starts = list(accumulate((len(each) + 1 for each in encoded), initial=0))

    def hash(self, start: int, end: int) -> bytes:
        """The hash of the words from one up to another."""
        return blake2b(self._bytes[self._starts[start] : self._starts[end] - 1], digest_size=8).digest()


def fingerprint(words: Sequence[str]) -> str:
    """The fingerprint of some words."""
    return f"{len(words)}-{Run(words).hash(0, len(words)).hex()}-{sketch(words):016x}"


@lru_cache(maxsize=200_000)
def _spread(feature: str) -> int:
    """The bits of the hash of a feature, each in a lane of its own, so that sums count them."""
    bits = int.from_bytes(blake2b(feature.encode(), digest_size=BITS // 8).digest())
    return int("".join("000" + each for each in format(bits, f"0{BITS}b")), 16)


def sketch(words: Sequence[str]) -> int:
    """The SimHash of some words."""
    features = [*words, *map(" ".join, pairwise(words))]
    lanes = sum(map(_spread, features))
    mask = (1 << _LANE) - 1
    return sum(1 << i for i in range(BITS) if 2 * ((lanes >> (_LANE * i)) & mask) > len(features))


def shared_bits(one: int, other: int) -> int:
    """How many bits two sketches have in common: about half of them by chance, all for the same words."""
    return BITS - (one ^ other).bit_count()
