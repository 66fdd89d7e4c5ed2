r"""Which characters a class such as `[a-z-[aeiou]]`, `\d` or `\p{Lu}` stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from policyengine.dataclass import dataclass

Test = Callable[[str], bool]

_NAME_START = (
    (0x3A, 0x3A),
    (0x41, 0x5A),
    (0x5F, 0x5F),
    (0x61, 0x7A),
    (0xC0, 0xD6),
    (0xD8, 0xF6),
    (0xF8, 0x2FF),
)
_NAME_START_HIGH = ((0x370, 0x37D), (0x37F, 0x1FFF), (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF))
_NAME_START_TOP = ((0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF))
_NAME_MORE = ((0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))
_STARTS = _NAME_START + _NAME_START_HIGH + _NAME_START_TOP

# The blocks that Western and Central European texts need; the names are those of Unicode without spaces.
_BLOCKS = {
    "BasicLatin": (0x0, 0x7F), "Latin-1Supplement": (0x80, 0xFF), "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F), "IPAExtensions": (0x250, 0x2AF),
    "SpacingModifierLetters": (0x2B0, 0x2FF), "CombiningDiacriticalMarks": (0x300, 0x36F),
    "Greek": (0x370, 0x3FF), "GreekandCoptic": (0x370, 0x3FF), "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x530, 0x58F), "Hebrew": (0x590, 0x5FF), "Arabic": (0x600, 0x6FF),
    "Devanagari": (0x900, 0x97F), "Thai": (0xE00, 0xE7F), "Georgian": (0x10A0, 0x10FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF), "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F), "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF), "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F), "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "BoxDrawing": (0x2500, 0x257F),
    "GeometricShapes": (0x25A0, 0x25FF), "MiscellaneousSymbols": (0x2600, 0x26FF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F), "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF), "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF), "PrivateUse": (0xE000, 0xF8FF),
}  # fmt: skip
_KINDS = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "Z": "slp", "S": "mcko", "C": "cfon"}
_CATEGORIES = frozenset({*_KINDS, *(major + minor for major, minors in _KINDS.items() for minor in minors)})


@dataclass(frozen=True, slots=True)
class CharClass:
    """A set of characters: ranges and tests, the whole of it negated or not, less another set."""

    ranges: tuple[tuple[int, int], ...] = ()
    tests: tuple[Test, ...] = ()
    negated: bool = False
    less: CharClass | None = None

    def has(self, char: str, folded: bool) -> bool:
        """Whether a character is in the set; `folded` takes upper and lower case for the same."""
        forms = variants(char) if folded else (char,)
        found = any(self._lists(form) for form in forms) is not self.negated
        return found and not (self.less is not None and self.less.has(char, folded))

    def _lists(self, char: str) -> bool:
        code = ord(char)
        return any(low <= code <= high for low, high in self.ranges) or any(test(char) for test in self.tests)


# Characters with more than one upper or lower case: neither case leads from one to all others.
_SAME = (
    "kK\u212a",
    "sS\u017f",
    "\xe5\xc5\u212b",
    "\u03c9\u03a9\u2126",
    "\xdf\u1e9e",
    "\u03bc\u039c\xb5",
    "\u03c3\u03a3\u03c2",
)
_MORE = {char: group for group in _SAME for char in group}


@lru_cache(maxsize=1024)
def variants(char: str) -> tuple[str, ...]:
    """A character in all its cases."""
    found = {char, *_MORE.get(char, "")}
    for _ in range(2):
        found |= {case for one in tuple(found) for case in (one.lower(), one.upper(), one.title())}
    return tuple(one for one in found if len(one) == 1)


def category(name: str) -> Test | None:
    """The test for the `name` of a `p{name}`: a category or a block; None if there is none."""
    if name in _CATEGORIES:
        return lambda char: unicodedata.category(char).startswith(name)
    if name.startswith("Is") and name[2:] in _BLOCKS:
        low, high = _BLOCKS[name[2:]]
        return lambda char: low <= ord(char) <= high
    return None


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC"


def _is_digit(char: str) -> bool:
    return unicodedata.category(char) == "Nd"


ESCAPES: dict[str, CharClass] = {
    "s": CharClass(((0x20, 0x20), (0x9, 0xA), (0xD, 0xD))),
    "d": CharClass(tests=(_is_digit,)),
    "w": CharClass(tests=(_is_word,)),
    "i": CharClass(_STARTS),
    "c": CharClass(_STARTS + _NAME_MORE),
}


def negation(of: CharClass) -> CharClass:
    """Everything that is not in a set."""
    return CharClass(tests=(lambda char: not of.has(char, False),))
