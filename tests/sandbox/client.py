"""A minimal HTTP client for tests of the sandbox's API."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import requests

from airflow_provider_segment.sandbox.testing import SegmentSandbox

ANALYTICS = "sandbox-analytics"
CLASSIC = "sandbox-classic"
WEB = "sandbox-web"
TRACK = "sandbox-track"
IDENTIFY = "sandbox-identify"
SECRET = "key-0123456789-dada"
MASKED = "\u2022" * 10 + "dada"


class Client:
    """Sends requests with the right token; it neither retries nor interprets responses."""

    def __init__(self, sandbox: SegmentSandbox) -> None:
        self.url = sandbox.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.token}"

    def send(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        if body is not None:
            options["data"] = json.dumps(body)
            options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
        return self.session.request(method, self.url + path, timeout=30, **options)

    def data(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Send a request that must succeed, and return the ``data`` of its response."""
        response = self.send(method, path, body, **options)
        assert response.status_code == 200, response.text
        envelope = response.json()
        assert envelope.keys() == {"data"}
        return envelope["data"]

    def get_raw(self, target: str) -> Any:
        """Send a GET without normalising its path and query, as requests would, and return its ``data``."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("GET", target, headers={"Authorization": str(self.session.headers["Authorization"])})
            response = connection.getresponse()
            assert response.status == 200, response.read()
            return json.loads(response.read())["data"]
        finally:
            connection.close()

    def errors(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, list[str | None]]:
        """Send a request that must fail, and return its status and the ``field`` of each error."""
        response = self.send(method, path, body, **options)
        envelope = response.json()
        assert envelope.keys() == {"errors"}
        assert response.headers["Content-Type"] == "application/json"
        for error in envelope["errors"]:
            assert "status" not in error
            assert error["type"]
            assert error["message"]
        return response.status_code, [error.get("field") for error in envelope["errors"]]

    def create_destination(self, **changes: Any) -> Any:
        body = {"sourceId": WEB, "metadataId": ANALYTICS, "name": "first", "settings": {"apiKey": SECRET}, **changes}
        return self.data("POST", "/destinations", body)["destination"]

    def create_filter(self, destination_id: str, **changes: Any) -> Any:
        body = {"sourceId": WEB, "title": "no pages", "if": "type = 'page'", "actions": [{"type": "DROP"}]}
        return self.data("POST", f"/destination/{destination_id}/filters", body | {"enabled": True} | changes)["filter"]

    def create_subscription(self, destination_id: str, **changes: Any) -> Any:
        body = {"name": "tracks", "actionId": TRACK, "trigger": 'type = "track"', "enabled": True, **changes}
        return self.data("POST", f"/destinations/{destination_id}/subscriptions", body)["destinationSubscription"]
