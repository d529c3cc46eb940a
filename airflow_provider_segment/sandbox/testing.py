"""The sandbox as a test sees it: what the pytest fixture ``segment_sandbox`` gives."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, cast
from urllib.parse import quote, urlsplit

import msgspec

from airflow_provider_segment.sandbox.codec import camel_case, snake_case

_TIMEOUT_SECONDS = 30


class JournalEntry(TypedDict):
    """One request that the sandbox got.

    ``path`` and ``query`` are as sent, ``time`` is ISO 8601. ``status`` is None when no answer was sent, ``fault`` the
    kind of the fault it met or None.
    """

    method: str
    path: str
    query: str
    time: str
    status: int | None
    fault: str | None


class SegmentSandbox:
    """Steers a running sandbox over its control requests.

    :param url: base URL of the sandbox, without a trailing slash.
    :param token: the API token it accepts.
    """

    def __init__(self, *, url: str, token: str) -> None:
        self.url = url
        self.token = token

    @property
    def conn_uri(self) -> str:
        """Airflow connection URI for this sandbox, token included."""
        parts = urlsplit(self.url)
        host = quote(f"{parts.scheme}://{parts.hostname}", safe="")
        return f"segment-public-api://:{quote(self.token, safe='')}@{host}:{parts.port}"

    @property
    def requests(self) -> list[JournalEntry]:
        """What the sandbox was asked since the last reset, oldest first; control requests are not in it."""
        return cast("list[JournalEntry]", self._ask("GET", "requests")["requests"])

    @property
    def destinations(self) -> list[dict[str, Any]]:
        """All destinations, oldest first, secrets masked; each with its ``subscriptions`` and ``deliveries``.

        Keys are the API's. Looking at them counts as no request and waits for no ``list_lag_seconds``.
        """
        return cast("list[dict[str, Any]]", self._ask("GET", "destinations")["destinations"])

    def seed(self, seed: Mapping[str, Any] | Path | str = "demo") -> None:
        """Begin anew from a seed: all state, the journal and the faults go, the settings stay.

        :param seed: ``demo``, a path of a JSON file, or an object with ``sources``, ``catalog`` and ``destinations``
            whose keys are the API's. Sources or a catalog left out are the demo's.
        :raises ValueError: naming what is wrong in the seed.
        """
        if isinstance(seed, Mapping) or seed == "demo":
            self._ask("POST", "reset", {"seed": seed})
        else:
            self._ask("POST", "reset", {"seed": msgspec.json.decode(Path(seed).read_bytes())})

    def deliver(
        self,
        destination_id: str,
        *,
        successes: int = 0,
        successes_after_retry: int = 0,
        discarded: int = 0,
        expired: int = 0,
        retried: int = 0,
        time_to_success_average: float | None = None,
        time_to_success_p95: float | None = None,
        time_to_first_attempt_average: float | None = None,
        time_to_first_attempt_p95: float | None = None,
        at: datetime | str | None = None,
    ) -> None:
        """Add to the delivery metrics of a destination.

        :param destination_id: which one.
        :param successes: all events that arrived.
        :param successes_after_retry: how many of those took more than one attempt.
        :param discarded: events the destination refused.
        :param expired: events given up.
        :param retried: attempts that were repeated.
        :param time_to_success_average: and the others: durations, in whatever unit the test likes.
        :param at: when; text is ISO 8601; by default now on the sandbox's clock. The metrics count events before their
            ``endTime``, so a sensor that asks for whole seconds sees what happens now in the next second.
        :raises ValueError: naming what is wrong.
        """
        given = {name: value for name, value in locals().items() if name != "self" and value is not None}
        given["at"] = at.isoformat() if isinstance(at, datetime) else at
        self._ask("POST", "deliver", {camel_case(name): value for name, value in given.items() if value is not None})

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        **details: Any,
    ) -> None:
        """Let something go wrong with the next matching requests.

        :param kind: ``status``, ``rate_limit``, ``drop_before``, ``drop_after``, ``late``, ``delay``, ``truncate`` or
            ``garbage``.
        :param method: of the requests it meets; None for any.
        :param path: glob over their path as sent, in which ``*`` stands for slashes too; None for any.
        :param times: how many requests it meets; None for all.
        :param details: what the kind needs: ``status``; ``retry_after`` and ``ms_before_next``; ``seconds``.
        :raises ValueError: naming what is wrong.
        """
        match = {"method": method, "path": path}
        self._ask(
            "POST",
            "faults",
            {
                "kind": kind,
                "match": match,
                "times": times,
                **{camel_case(name): value for name, value in details.items()},
            },
        )

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings, such as ``list_lag_seconds=2``, and give them all.

        :param changes: those to change; the others stay.
        :raises ValueError: naming what is wrong.
        """
        answer = self._ask("POST", "settings", {camel_case(name): value for name, value in changes.items()})
        return {snake_case(name): value for name, value in answer["settings"].items()}

    def reset(self) -> None:
        """Go back to the seed and the settings the sandbox was started with."""
        self._ask("DELETE", "settings")
        self._ask("POST", "reset")

    def _ask(self, method: str, name: str, body: object = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, f"/_sandbox/{name}", None if body is None else msgspec.json.encode(body))
            response = connection.getresponse()
            answer: dict[str, Any] = msgspec.json.decode(response.read())
        finally:
            connection.close()
        if "errors" in answer:
            raise ValueError("; ".join(error["message"] for error in answer["errors"]))
        return answer
