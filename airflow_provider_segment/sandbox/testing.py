"""A client for a running sandbox; the pytest fixture ``segment_sandbox`` returns one."""

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
    """A request that the sandbox received.

    ``path`` and ``query`` are still percent-encoded; ``time`` is in ISO 8601. ``status`` is None if no response was
    sent. ``fault`` is the kind of the fault that was injected, or None.
    """

    method: str
    path: str
    query: str
    time: str
    status: int | None
    fault: str | None


class SegmentSandbox:
    """A client that controls a running sandbox through its control requests.

    :param url: base URL of the sandbox, without a trailing slash.
    :param token: the API token it accepts.
    """

    def __init__(self, *, url: str, token: str) -> None:
        self.url = url
        self.token = token

    @property
    def conn_uri(self) -> str:
        """Airflow connection URI of the sandbox, including the token."""
        parts = urlsplit(self.url)
        host = quote(f"{parts.scheme}://{parts.hostname}", safe="")
        return f"segment-public-api://:{quote(self.token, safe='')}@{host}:{parts.port}"

    @property
    def requests(self) -> list[JournalEntry]:
        """Requests received since the last reset, oldest first, excluding control requests."""
        return cast("list[JournalEntry]", self._send("GET", "requests")["requests"])

    @property
    def destinations(self) -> list[dict[str, Any]]:
        """All destinations, oldest first, with secrets masked.

        Each has its ``subscriptions``, ``filters`` and ``deliveries``. Keys are the API's. Reading this property does
        not count as a request, and ``list_lag_seconds`` does not apply to it.
        """
        return cast("list[dict[str, Any]]", self._send("GET", "destinations")["destinations"])

    def seed(self, seed: Mapping[str, Any] | Path | str = "demo") -> None:
        """Replace the workspace's content, and clear the journal and the faults; the sandbox's settings are kept.

        :param seed: ``demo``, whose destinations look like those of a real workspace; ``empty``, which has none; the
            path of a JSON file; or an object with ``sources``, ``catalog`` and ``destinations``, whose keys are the
            API's. ``sources`` and ``catalog`` default to those of the demo.
        :raises ValueError: if the seed is invalid; the message names the fields.
        """
        if isinstance(seed, Mapping) or seed in ("demo", "empty"):
            self._send("POST", "reset", {"seed": seed})
        else:
            self._send("POST", "reset", {"seed": msgspec.json.decode(Path(seed).read_bytes())})

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
        """Add deliveries to a destination's metrics.

        :param destination_id: id of the destination.
        :param successes: events delivered.
        :param successes_after_retry: delivered events that took more than one attempt.
        :param discarded: events that the destination rejected.
        :param expired: events that Segment gave up on.
        :param retried: number of retries.
        :param time_to_success_average: average time to success, in any unit.
        :param time_to_success_p95: 95th percentile of the time to success.
        :param time_to_first_attempt_average: average time to the first attempt.
        :param time_to_first_attempt_p95: 95th percentile of the time to the first attempt.
        :param at: time of the deliveries; a string is ISO 8601; defaults to now on the sandbox's clock. The metrics
            count events before their ``endTime``, so a sensor, which uses whole seconds, counts an event only from the
            next second on.
        :raises ValueError: if an argument is invalid; the message names it.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        if isinstance(at, datetime):
            arguments["at"] = at.isoformat()
        self._send(
            "POST", "deliver", {camel_case(name): value for name, value in arguments.items() if value is not None}
        )

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 0,
        **details: Any,
    ) -> None:
        """Inject a fault into the next matching requests.

        :param kind: ``status``, ``rate_limit``, ``drop_before``, ``drop_after``, ``late``, ``delay``, ``truncate`` or
            ``garbage``.
        :param method: HTTP method of the requests; None for any.
        :param path: glob over their path as sent, in which ``*`` matches slashes too; None for any.
        :param times: number of requests it applies to; None for all.
        :param probability: share of the matching requests that it applies to, from 0 to 1, drawn at random. Usually
            passed with ``times=None``.
        :param seed: seed of the random numbers; with the same seed, the same sequence of requests gets the same faults.
        :param details: parameters of the kind: ``status``, ``headers``, ``html``; ``retry_after``, ``ms_before_next``,
            ``reset_seconds``; ``seconds``.
        :raises ValueError: if an argument is invalid; the message names it.
        """
        match = {"method": method, "path": path}
        parameters = {camel_case(name): value for name, value in details.items()}
        common = {"kind": kind, "match": match, "times": times, "probability": probability, "seed": seed}
        self._send("POST", "faults", common | parameters)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings, such as ``list_lag_seconds=2``, and return all settings.

        :param changes: fields of ``Settings`` to change; the others keep their values.
        :raises ValueError: if a setting is unknown or invalid; the message names it.
        """
        body = {camel_case(name): value for name, value in changes.items()}
        settings = self._send("POST", "settings", body)["settings"]
        return {snake_case(name): value for name, value in settings.items()}

    def reset(self) -> None:
        """Restore the initial seed and settings; clear the journal and the faults."""
        self._send("DELETE", "settings")
        self._send("POST", "reset")

    def _send(self, method: str, name: str, body: object = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_TIMEOUT_SECONDS)
        try:
            text = None if body is None else msgspec.json.encode(body)
            connection.request(method, f"/_sandbox/{name}", text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            result: dict[str, Any] = msgspec.json.decode(response.read())
        finally:
            connection.close()
        if "errors" in result:
            raise ValueError("; ".join(error["message"] for error in result["errors"]))
        return result
