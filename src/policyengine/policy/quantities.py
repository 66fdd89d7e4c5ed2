"""Turns the texts of policies and records into values.

Every function takes the text as written and gives the value, or raises `ValueError` with a sentence for
the author. Nothing passes through a binary float; digits and exponents are bounded.
"""

from __future__ import annotations

import re

MAX_DIGITS = 40
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_RANGE = re.compile(r"(?P<low>[^.\s]\S*?)?\s*\.\.\s*(?P<high>\S*[^.\s])?")
