"""The part of Airflow's REST API that tests need."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from dev.local_airflow.errors import LocalAirflowError

_TIMEOUT_SECONDS = 60


class RestApi:
    """A client of the API server, where every user is an admin.

    :param url: base URL of the API server.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and this machine

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, *path: str, **query: Any) -> dict[str, Any]:
        """Send a GET; the path is below ``/api/v2``, and its parts are quoted here."""
        return self._request("GET", path, query=query)

    def post(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a POST."""
        return self._request("POST", path, body=body)

    def patch(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a PATCH."""
        return self._request("PATCH", path, body=body)

    def read(self, path: str, **query: Any) -> requests.Response:
        """Send a GET to any path below the base URL, and return the response whatever its status.

        :param path: quoted, with a leading slash.
        """
        self._log_in()
        return self._session.get(self._url + path, params=query, timeout=_TIMEOUT_SECONDS)

    def _request(
        self, method: str, path: tuple[str, ...], *, query: Any = None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        self._log_in()
        url = "/".join([f"{self._url}/api/v2", *(quote(part, safe="") for part in path)])
        response = self._session.request(
            method, url, params=query, json=body, headers={"Accept": "application/json"}, timeout=_TIMEOUT_SECONDS
        )
        if not response.ok:
            raise LocalAirflowError(f"{method} {url} returned {response.status_code}: {response.text[:1000]}")
        decoded: dict[str, Any] = response.json()
        return decoded

    def _log_in(self) -> None:
        if "Authorization" in self._session.headers:
            return
        response = self._session.get(f"{self._url}/auth/token", timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
