"""The graph knows of every node what it reads: what the reference reads of it is among what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.programmes.recorded import FOLDERS, recorded

from policyengine.engine.reference.row import evaluate
from policyengine.engine.reference.scope import Scope
from policyengine.program.graph import Graph, Key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_read_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graphs: dict[int, Graph] = {}
    read: dict[int, set[tuple[Key, Key]]] = {}
    within: list[Key] = []
    find, look = Scope._find, Scope.__getitem__

    def watched(scope: Scope, name: str) -> object:
        if name in scope.graph.nodes.get(scope.entity, {}) and within:
            graphs[id(scope.graph)] = scope.graph
            read.setdefault(id(scope.graph), set()).add((within[-1], (scope.entity, name)))
        return look(scope, name)

    def entered(scope: Scope, name: str) -> object:
        if name not in scope.graph.nodes.get(scope.entity, {}):
            return find(scope, name)
        within.append((scope.entity, name))
        try:
            return find(scope, name)
        finally:
            within.pop()

    monkeypatch.setattr(Scope, "__getitem__", watched)
    monkeypatch.setattr(Scope, "_find", entered)
    for program, record in recorded(folder):
        evaluate(program, record)
    for number, graph in graphs.items():
        assert {pair for pair in read[number] if pair[1] not in graph.rests_on(pair[0])} == set()
