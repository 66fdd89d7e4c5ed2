"""Records with the same key: noticed with eight bytes a record, named exactly only where there are some."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Container, Iterable, Mapping

from policyengine.batch.raw import SAME_RECORD, Raw, Reject

_PARTS = 64
Twins = Mapping[str, tuple[tuple[str, int], ...]]


class Keys:
    """The keys of a run. `twins` are keys that several records have, with their places, once known."""

    def __init__(self, twins: Twins | None = None) -> None:
        self._twins = twins
        self._hashes = array("q")

    def check(self, key: str | None, raw: Raw) -> list[Reject]:
        """The rejection of a record whose key another one has too; nothing for others, which are noted."""
        if key is None:
            return []
        if self._twins is None:
            self._hashes.append(hash(key))
            return []
        places = self._twins.get(key)
        if places is None:
            return []
        # Several records may stand on one line, as in a JSON array.
        other = next((each for each in places if each != (raw.file, raw.line)), places[0])
        reason, help = f"`{key}` is also the key of the record", "keep the one that is right"
        return [Reject(raw.file, raw.line, key, None, SAME_RECORD.id, reason, help, other=other)]

    def note(self, keys: Iterable[str | None]) -> None:
        """Keys of records that are good otherwise."""
        if self._twins is None:
            self._hashes.extend(map(hash, (key for key in keys if key is not None)))

    @property
    def twins(self) -> Container[str | None]:
        """The keys that are known to be those of several records."""
        return self._twins or ()

    def suspects(self) -> set[int]:
        """The hashes that several keys had."""
        parts = [array("q") for _ in range(_PARTS)]
        for each in self._hashes:
            parts[each % _PARTS].append(each)
        found: set[int] = set()
        for part in parts:
            if len(set(part)) < len(part):
                found.update(each for each, count in Counter(part).items() if count > 1)
        return found


def twins_of(records: Iterable[tuple[str | None, Raw]], suspects: set[int]) -> Twins:
    """The keys that several records have, by looking at all of them again."""
    places: dict[str, list[tuple[str, int]]] = {}
    for key, raw in records:
        if key is not None and hash(key) in suspects:
            places.setdefault(key, []).append((raw.file, raw.line))
    return {key: tuple(each) for key, each in places.items() if len(each) > 1}
