"""Segment's own client as a process, installed once, controlled by lines of JSON."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
PACKAGE = "@segment/public-api-sdk-typescript"
VERSION: str = json.loads((HERE / "package.json").read_text())["dependencies"][PACKAGE]


@dataclass(frozen=True, kw_only=True)
class OfficialClient:
    """Segment's client with one base URL and token.

    :param url: base URL.
    :param token: API token.
    """

    url: str
    token: str
    process: subprocess.Popen[str]

    def call(self, operation: str, *args: object) -> Any:
        """Return ``status``, ``headers`` and ``body`` of a response, as the client decoded it.

        :param operation: such as ``destinations.listDestinations``.
        :param args: arguments of the client's method; None for an omitted one.
        """
        return self._ask(operation, args, unwrapped=False)

    def unwrap(self, operation: str, *args: object) -> Any:
        """Return the result of the client's ``unwrap``: ``data``, or the error under ``thrown``."""
        return self._ask(operation, args, unwrapped=True)

    def data(self, operation: str, *args: object) -> Any:
        """Return the ``data`` of a response that must be a success."""
        outcome = self.unwrap(operation, *args)
        assert outcome.keys() == {"data"}, outcome
        return outcome["data"]

    def _ask(self, operation: str, args: tuple[object, ...], *, unwrapped: bool) -> Any:
        api, _, name = operation.partition(".")
        query = {"url": self.url, "token": self.token, "api": api, "operation": name, "args": args}
        stdin, stdout = _pipes(self.process)
        stdin.write(json.dumps({**query, "unwrapped": unwrapped}) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())


@cache
def missing() -> str | None:
    """Install the client if necessary; return one line about why that is impossible here, or None."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "Node.js or npm is not installed, so Segment's own client is not tried"
    installed = HERE / "node_modules" / PACKAGE / "package.json"
    with (HERE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test workers are separate processes
        if installed.exists() and json.loads(installed.read_text())["version"] == VERSION:
            return None
        options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        run = subprocess.run([npm, "install", *options], cwd=HERE, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return f"npm can't install {PACKAGE} {VERSION}, so Segment's own client is not tried"
    return None


@contextmanager
def running() -> Iterator[subprocess.Popen[str]]:
    """Run the client, which must be installed."""
    with subprocess.Popen(
        ["node", "client.js"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        yield it
        _pipes(it)[0].close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
