"""A small client of the language server: requests over its pipes, and what it publishes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any


class Client:
    """A running server and the editor in front of it."""

    def __init__(self, root: Path, *options: str) -> None:
        command = [sys.executable, "-c", "from policyengine.cli import main; main()", "lsp", *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
        )
        self.root = root
        self.published: dict[str, list[Any]] = {}
        self.told: list[Any] = []
        self.texts: dict[Path, str] = {}
        self._answers: dict[int, Queue[Any]] = {}
        self._news: Queue[str] = Queue()
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        folders = [{"uri": root.as_uri(), "name": root.name}]
        self.server = self.ask("initialize", {
            "processId": None, "rootUri": root.as_uri(), "workspaceFolders": folders,
            "capabilities": {"general": {"positionEncodings": ["utf-16"]}},
        })  # fmt: skip
        self.say("initialized", {})

    def _listen(self) -> None:
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            size = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else 0
            while out.readline().strip():
                pass
            message = json.loads(out.read(size))
            if "id" in message and "method" not in message:
                self._answers[message["id"]].put(message)
            elif message.get("method") == "textDocument/publishDiagnostics":
                uri = message["params"]["uri"]
                self.published[uri] = message["params"]["diagnostics"]
                self._news.put(uri)
            elif message.get("method") == "window/showMessage":
                self.told.append(message["params"])
            elif "id" in message:  # a request of the server
                self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self.process.stdin.flush()

    def say(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        answer = self._answer(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def refused(self, method: str, params: Any) -> str:
        """The sentence with which a request is refused."""
        return str(self._answer(method, params)["error"]["message"])

    def _answer(self, method: str, params: Any) -> Any:
        self._number += 1
        self._answers[self._number] = Queue()
        self._send({"id": self._number, "method": method, "params": params})
        return self._answers[self._number].get(timeout=20)

    # Texts

    def open(self, path: Path, text: str | None = None) -> None:
        self.texts[path] = path.read_bytes().decode() if text is None else text
        item = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": self.texts[path]}
        self.say("textDocument/didOpen", {"textDocument": item})

    def change(self, path: Path, text: str) -> None:
        """Takes a text as one edit: what both have at the beginning and at the end stays."""
        self.texts[path] = text
        document = {"uri": path.as_uri(), "version": 2}
        self.say("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def replace(self, path: Path, old: str, new: str) -> None:
        assert self.texts[path].count(old) == 1, old
        self.change(path, self.texts[path].replace(old, new))

    def close(self, path: Path) -> None:
        self.say("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def at(self, path: Path, words: str, into: int = 0) -> dict[str, Any]:
        """The place of some words in a text, so many characters into them, as a request has it."""
        before = self.texts[path][: self.texts[path].index(words) + into]
        line = before.rpartition("\n")[2]
        position = {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}
        return {"textDocument": {"uri": path.as_uri()}, "position": position}

    def mistakes(self, path: Path, wanted: int | None = None) -> list[str]:
        """The codes last published for a file; waits until there are so many."""
        self.ask("textDocument/hover", {"textDocument": {"uri": path.as_uri()},
                                        "position": {"line": 0, "character": 0}})  # fmt: skip
        while wanted is not None and len(self.published.get(path.as_uri(), [])) != wanted:
            try:
                self._news.get(timeout=20)
            except Empty:
                break
        return [each["code"] for each in self.published.get(path.as_uri(), [])]

    def end(self) -> int:
        self.ask("shutdown", None)
        self.say("exit", None)
        code = self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return code
