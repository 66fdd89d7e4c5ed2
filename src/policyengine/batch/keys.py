"""Records with the same key: noticed with eight bytes a record, named exactly only where there are some."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

from policyengine.batch.raw import SAME_RECORD, Raw, Reject

_BITS = (1 << 64) - 1
_PARTS = 64
Twins = Mapping[str, tuple[tuple[str, int], ...]]


class Keys:
    """The keys of a run. `twins` are keys that several records have, with their places, once known."""

    def __init__(self, twins: Twins | None = None) -> None:
        self._twins = twins
        self._parts = [array("Q") for _ in range(_PARTS)]

    def check(self, key: str | None, raw: Raw) -> list[Reject]:
        """The rejection of a record whose key another one has too; nothing for others, which are noted."""
        if key is None:
            return []
        if self._twins is None:
            self._note(key)
            return []
        places = self._twins.get(key)
        if places is None:
            return []
        # Several records may stand on one line, as in a JSON array.
        other = next((each for each in places if each != (raw.file, raw.line)), places[0])
        reason = f"`{key}` is also the key of the record at {other[0]}:{other[1]}"
        help = "keep the one that is right"
        return [Reject(raw.file, raw.line, key, None, SAME_RECORD.id, reason, help)]

    def note(self, keys: Iterable[str | None]) -> None:
        """Keys of records that are good otherwise."""
        if self._twins is None:
            for key in keys:
                if key is not None:
                    self._note(key)

    def is_twin(self, key: str | None) -> bool:
        """Whether a key is known to be that of several records."""
        return self._twins is not None and key in self._twins

    def suspects(self) -> set[int]:
        """The hashes that several keys had."""
        found: set[int] = set()
        for part in self._parts:
            if len(set(part)) < len(part):
                found.update(each for each, count in Counter(part).items() if count > 1)
        return found

    def _note(self, key: str) -> None:
        found = hash(key) & _BITS
        self._parts[found % _PARTS].append(found)


def twins_of(records: Iterable[tuple[str | None, Raw]], suspects: set[int]) -> Twins:
    """The keys that several records have, by looking at all of them again."""
    places: dict[str, list[tuple[str, int]]] = {}
    for key, raw in records:
        if key is not None and hash(key) & _BITS in suspects:
            places.setdefault(key, []).append((raw.file, raw.line))
    return {key: tuple(each) for key, each in places.items() if len(each) > 1}
