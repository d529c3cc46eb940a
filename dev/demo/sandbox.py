"""The local Segment of the demo, in its own process, as a user would start it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

TOKEN = "sandbox-token"


class SandboxFailedError(Exception):
    """The sandbox did not start, or has ended."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A running sandbox.

    :param url: its base URL.
    :param process: the process it runs in.
    """

    url: str
    process: subprocess.Popen[str]

    @property
    def connection_uri(self) -> str:
        """URI of an Airflow connection to it."""
        host, _, port = self.url.rpartition(":")
        return f"segment-public-api://:{TOKEN}@{quote(host, safe='')}:{port}"

    def calls(self) -> list[dict[str, Any]]:
        """Return every API call so far: method, path and status."""
        calls: list[dict[str, Any]] = self._get("/_sandbox/requests")["requests"]
        return calls

    def destinations(self) -> list[dict[str, Any]]:
        """Return the destinations, as the API lists them."""
        destinations: list[dict[str, Any]] = self._get("/destinations")["data"]["destinations"]
        return destinations

    def _get(self, path: str) -> dict[str, Any]:
        try:
            response = requests.get(self.url + path, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
            response.raise_for_status()
        except requests.RequestException as error:
            ended = self.process.poll()
            state = "does not respond" if ended is None else f"has ended with exit code {ended}"
            raise SandboxFailedError(f"the sandbox {state}") from error
        body: dict[str, Any] = response.json()
        return body


@contextmanager
def running_sandbox(*, port: int = 0) -> Iterator[Sandbox]:
    """Start the sandbox, and stop it at the end of the block.

    :param port: its port; 0 for any free one.
    """
    command = [sys.executable, "-m", "airflow_provider_segment.sandbox", "--port", str(port), "--token", TOKEN]
    command += ["--seed", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if " ready on " not in ready:
                raise SandboxFailedError("the sandbox did not start; its output is above")
            yield Sandbox(url=ready.rsplit(" ", 1)[-1].strip(), process=process)
        finally:
            process.terminate()
            process.wait(timeout=10)
